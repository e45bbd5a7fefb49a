using System.Management.Automation;
using System.Net;
using System.Security;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Takes the key of ShoreGuard's API from where the operator has it.</summary>
internal static class ApiKey
{
    private const string Variable = "SHOREGUARD_TOKEN";

    /// <summary>The one that was given, else the password of the credential, else that of the variable; null where there is none.</summary>
    /// <exception cref="ShoreGuardException"><c>TokenInvalid</c>.</exception>
    public static ApiToken? Find(SecureString? given, PSCredential? credential)
    {
        if (given is not null)
            return Of(given);
        if (credential is not null && !ReferenceEquals(credential, PSCredential.Empty))
            return ApiToken.Of(credential.GetNetworkCredential().Password);
        return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? ApiToken.Of(set) : null;
    }

    /// <summary>The one that was given, and no other; null where none was.</summary>
    /// <exception cref="ShoreGuardException"><c>TokenInvalid</c>.</exception>
    public static ApiToken? Of(SecureString? given) => given is null ? null : ApiToken.Of(new NetworkCredential("", given).Password);
}
