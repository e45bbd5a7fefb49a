using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Makes the engine's credential of PowerShell's. Apart from the cmdlets, so that importing the module does not load the engine.</summary>
internal static class RegistryParameters
{
    /// <summary>Null when none was given.</summary>
    public static RegistryCredential? Credential(PSCredential? given) =>
        given is null || ReferenceEquals(given, PSCredential.Empty)
            ? null : RegistryCredential.OfPassword(given.UserName, given.GetNetworkCredential().Password);
}
