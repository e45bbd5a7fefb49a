using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Gets which build a ShoreGuard application says it is.</summary>
/// <remarks>
/// <para>Reads /version: the release, the commit and the time of the build. What the build does not know (ShoreGuard says "unknown") is
/// $null. Several endpoints are asked concurrently. Needs no login; changes nothing.</para>
/// <para>A deployment that publishes no port is asked at its container's address, or inside its network through its engine, as by
/// Test-ShoreGuardHealth; Route says which.</para>
/// <para>It is the application's own word. Get-ShoreGuardDeployment shows what its image was built with.</para>
/// </remarks>
/// <example>
/// <para>Which build answers here?</para>
/// <code>Get-ShoreGuardVersion</code>
/// <para>Asks http://localhost:8888.</para>
/// </example>
/// <example>
/// <para>Did the rollback land?</para>
/// <code>(Get-ShoreGuardVersion https://shoreguard.example).GitSha</code>
/// <para>The full commit of the build that serves.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardVersion")]
[OutputType(typeof(BuildIdentity))]
public sealed class GetShoreGuardVersionCommand : EndpointCommand
{
    private protected override async Task AskAsync(EndpointRoute route, Deployment? deployment) =>
        Output.Object(await VersionProbe.GetAsync(route, TimeSpan.FromSeconds(TimeoutSec), SkipCertificateCheck, Cancellation).ConfigureAwait(false));
}
