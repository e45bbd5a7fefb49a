using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Asks ShoreGuard applications whether they are well, and says what that means.</summary>
/// <remarks>
/// <para>Sends the three probes of the rollback runbook (/healthz, /readyz?verbose=1 and /version) at the same time and
/// concludes from them: healthy; a dependency fails, which is a case for the troubleshooting guide; the image is suspected, which is
/// a case for a rollback; the build is not the one that was expected, which is a case for the deploy pipeline; or nobody answers. Every report ends
/// with what to do next.</para>
/// <para>An endpoint that is down, slow, not ShoreGuard or not readable is a report too, never an error. Several endpoints are asked
/// concurrently, and each report is written as soon as it is there. Redirects are not followed. Needs no login; changes nothing.</para>
/// <para>A deployment is asked where it is published, and nowhere else: that nobody gets there is what you have to see. One that publishes no
/// port is asked at its container's address if that network is on this machine, and otherwise (an engine elsewhere, in a virtual
/// machine or behind a tunnel) by a request that its engine makes inside the container's network, with the Python of ShoreGuard's image.
/// Route in the report says which it was.</para>
/// <para>A check that failed before the deploy already is no symptom of it: leave it out with -IgnoreCheck. From release 0.30.2 on that is
/// background_discovery, unless discovery is switched on.</para>
/// </remarks>
/// <example>
/// <para>Is the one on this machine well?</para>
/// <code>Test-ShoreGuardHealth</code>
/// <para>Asks http://localhost:8888.</para>
/// </example>
/// <example>
/// <para>All deployments of this engine</para>
/// <code>Get-ShoreGuardDeployment | Test-ShoreGuardHealth -IgnoreCheck background_discovery</code>
/// <para>Asks each where its container answers, and does not count the check that is off by default.</para>
/// </example>
/// <example>
/// <para>In a deploy pipeline</para>
/// <code>if (-not (Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardHealth -ExpectedVersion 0.27.0 -ExpectedGitSha a1b2c3d -Quiet)) { exit 1 }</code>
/// <para>Passes only when there is a deployment, and every one of them serves the expected build: -Quiet gives one answer for all.</para>
/// </example>
/// <example>
/// <para>Why is it not ready?</para>
/// <code>(Test-ShoreGuardHealth).Checks</code>
/// <para>Every check of /readyz, with its state, message, latency and age.</para>
/// </example>
/// <example>
/// <para>With what the alerts say</para>
/// <code>$alerts = Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardAlert https://monitoring.example/prometheus
/// Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardHealth -Alert $alerts</code>
/// <para>An alert that began after the deploy makes the image suspected, although the probes find nothing wrong; one that was there before does not.</para>
/// </example>
/// <example>
/// <para>As JSON</para>
/// <code>Get-ShoreGuardDeployment | Test-ShoreGuardHealth | ConvertTo-Json -EnumsAsStrings -Depth 6</code>
/// <para>Without -EnumsAsStrings, states and verdicts are numbers.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "ShoreGuardHealth")]
[OutputType(typeof(HealthReport), typeof(bool))]
public sealed class TestShoreGuardHealthCommand : EndpointTestCommand
{
    /// <summary>Checks to leave out of the verdict, by the names /readyz gives them. Wildcards are allowed. They stay in the report, marked as
    /// ignored.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CheckNameCompleter))]
    public string[] IgnoreCheck { get; set; } = [];

    /// <summary>The release that should answer, for example 0.27.0.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ExpectedVersion { get; set; }

    /// <summary>The commit that should answer: at least its first four hexadecimal digits. The form of the tags, sha-a1b2c3d, is understood.</summary>
    [Parameter]
    [CommitForm]
    public string? ExpectedGitSha { get; set; }

    /// <summary>When the build that should answer was made, to the second. A time without a zone is local time; append Z for UTC.</summary>
    [Parameter]
    public DateTimeOffset? ExpectedBuildTime { get; set; }

    /// <summary>The alerts of the deployments, as Get-ShoreGuardAlert gives them. Those that fire and began after the deploy are named in the diagnosis, and
    /// make an image suspected of which the probes find nothing wrong.</summary>
    [Parameter]
    [AllowNull]
    [Record(typeof(Alert))]
    public Alert[]? Alert { get; set; }

    private protected override async Task AskAsync(EndpointRoute route, Deployment? deployment)
    {
        var report = await HealthProbe.ProbeAsync(new()
        {
            Uri = route.Uri,
            Route = route,
            Name = deployment?.Name,
            Unfinished = deployment?.Unfinished,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            SkipCertificateCheck = SkipCertificateCheck,
            IgnoredChecks = IgnoreCheck,
            Alerts = Alert ?? [],
            ExpectedVersion = ExpectedVersion,
            ExpectedGitSha = ExpectedGitSha,
            ExpectedBuildTime = ExpectedBuildTime,
        }, Cancellation).ConfigureAwait(false);
        Output.Verbose($"{route.Uri} ({route.Kind}): {report.Explanation}");
        Say(report, report.IsHealthy);
    }
}
