using System.Management.Automation;
using System.Security;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine;
using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Engine.Observing;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.State;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Watches deployments for a while after a change, and says whether their builds held.</summary>
/// <remarks>
/// <para>The observation window of the rollback runbook. Every -IntervalSec it looks at the health, at the build that answers, and at the container: is it
/// the same one, does it run, was it started again. With a key (-Token, -Credential or the variable SHOREGUARD_TOKEN) it makes the smoke calls of
/// Test-ShoreGuardApi too, every 30 seconds and at the end, since ShoreGuard limits them; without a key it makes none. All deployments that are piped in
/// are watched at the same time, with the time that is left of each. With -PrometheusUri it looks at the alerts of Get-ShoreGuardAlert as well: one that
/// fires and began after the container was made is a regression; one that began before may take its time to end, and is told only.</para>
/// <para>Each change is written as an object when it is certain, and at the end one result for each deployment: Held, Regressed or Inconclusive, with
/// availability, latencies, restarts and all changes. -ResultOnly leaves the changes out of the stream, which is what you want before another
/// cmdlet; -Quiet gives one answer for all.</para>
/// <para>Regressed: three looks in a row found it not ready, its API failing, or, for 15 seconds at least, nobody answering although somebody did before
/// (a container that is being replaced falls silent, too). One lost packet is no regression; it is told as two changes, there and back. A process that
/// ended by itself, or that the restart policy started again, is one at once. The observation ends early then. It never rolls back by itself: the
/// result says what to do.</para>
/// <para>Inconclusive: somebody has put another container in its place (the result has the build that runs now), removed, paused or stopped it;
/// another build answers than at the start, or than -ExpectedVersion; it could not be judged at the end, or most of the time; or you pressed
/// Ctrl-C, which ends it at once and tells what was seen. An endpoint that cannot be reached from here is not judged where the application is well
/// inside its container's network, or where it was never reached from here and the container's own health check does not fail: that is the way there, and
/// not the build. One that was reached and falls silent is judged. In the minute after a start, silence is not judged either. A restart by hand is told
/// as a change, and no more.</para>
/// <para>A build that held is marked as known to be good, so that -Previous goes back to it, unless -NoMark is given or it has neither a digest nor a
/// commit. Nothing else is changed.</para>
/// </remarks>
/// <example>
/// <para>Fifteen minutes after a rollback</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Watch-ShoreGuardDeployment</code>
/// <para>Shows each change as it comes, and what it came to.</para>
/// </example>
/// <example>
/// <para>Roll back and watch</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardImageRollback -Version 0.27.0 | Watch-ShoreGuardDeployment -ExpectedVersion 0.27.0</code>
/// <para>Watches what was rolled back to.</para>
/// </example>
/// <example>
/// <para>In a deploy pipeline</para>
/// <code>if (-not (Get-ShoreGuardDeployment -Project prod | Watch-ShoreGuardDeployment -ObservationWindow 00:05:00 -Quiet)) { exit 1 }</code>
/// <para>Passes only when every deployment held for five minutes.</para>
/// </example>
/// <example>
/// <para>With the alerts</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Watch-ShoreGuardDeployment -PrometheusUri https://monitoring.example/prometheus</code>
/// <para>The observation window of the runbook: until no alert has come for a quarter of an hour.</para>
/// </example>
/// <example>
/// <para>What to do with those that did not hold</para>
/// <code>Get-ShoreGuardDeployment | Watch-ShoreGuardDeployment -ResultOnly | Where-Object Outcome -eq Regressed | Get-ShoreGuardRollbackPlan -Previous</code>
/// <para>Plans the way back of each that has regressed.</para>
/// </example>
[Cmdlet(VerbsCommon.Watch, "ShoreGuardDeployment")]
[OutputType(typeof(ObservationChange), typeof(ObservationResult), typeof(bool))]
public sealed class WatchShoreGuardDeploymentCommand : EndpointTestCommand
{
    /// <summary>How long to watch, for example 00:15:00 for a quarter of an hour.</summary>
    [Parameter]
    [PositiveTimeSpan]
    public TimeSpan ObservationWindow { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How many seconds pass between two looks. Fractions are allowed.</summary>
    [Parameter]
    [ValidateRange(0.1, 3600.0)]
    public double IntervalSec { get; set; } = 5;

    /// <summary>The key of a service principal with the role viewer, for the smoke calls. Without it and -Credential, the variable SHOREGUARD_TOKEN has
    /// it.</summary>
    [Parameter]
    public SecureString? Token { get; set; }

    /// <summary>A credential whose password is the key; its user name means nothing.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Where Prometheus answers, with the path before /api if there is one: its alerts are looked at too, every 30 seconds and at the end.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? PrometheusUri { get; set; }

    /// <summary>A name and a password for Prometheus (HTTP Basic).</summary>
    [Parameter]
    [Credential]
    public PSCredential? PrometheusCredential { get; set; }

    /// <summary>The release that should answer, for example 0.27.0.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ExpectedVersion { get; set; }

    /// <summary>Checks of /readyz that do not count, by name. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CheckNameCompleter))]
    public string[] IgnoreCheck { get; set; } = [];

    /// <summary>Write the result of each deployment only, and not each change as it comes. The result has them all.</summary>
    [Parameter]
    public SwitchParameter ResultOnly { get; set; }

    /// <summary>Do not mark a build that held as known to be good.</summary>
    [Parameter]
    public SwitchParameter NoMark { get; set; }

    /// <summary>The folder of the journal, in which a build that held is marked. Default:
    /// $XDG_STATE_HOME/shoreguard-rollback or ~/.local/state/shoreguard-rollback, on Windows %LocalAppData%.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    private ApiToken? _token;
    private MonitorEndpoint? _prometheus;
    private StateStore _state = null!;

    // All of them for the same quarter of an hour, however many they are.
    private protected override int AtTheSameTime => int.MaxValue;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        try
        {
            _token = ApiKey.Find(Token, Credential);
            _prometheus = Prometheus();
            _state = new(StatePath is null ? null : ResolvePath(StatePath));
        }
        catch (ShoreGuardException error)
        {
            ThrowTerminatingError(ErrorRecords.From(error, this));
        }
    }

    private protected override Task AskAsync(Deployment? deployment) =>
        WatchAsync(Request() with { Deployment = deployment ?? throw Endpoint.Missing(nameof(Deployment)) }, deployment.Uri, deployment.Route);

    private protected override Task AskAsync(EndpointRoute route, Deployment? deployment) =>
        WatchAsync(Request() with { Uri = route.Uri }, route.Uri, route.Kind);

    private ObservationRequest Request() => new()
    {
        Window = ObservationWindow,
        Interval = TimeSpan.FromSeconds(IntervalSec),
        Token = _token,
        Prometheus = _prometheus,
        ExpectedVersion = ExpectedVersion,
        IgnoredChecks = IgnoreCheck,
        Timeout = TimeSpan.FromSeconds(TimeoutSec),
        SkipCertificateCheck = SkipCertificateCheck,
    };

    private MonitorEndpoint? Prometheus()
    {
        if (PrometheusUri is null)
            return null;
        var endpoint = MonitorEndpoint.Prometheus(PrometheusUri) with { SkipCertificateCheck = SkipCertificateCheck };
        if (PrometheusCredential is null || ReferenceEquals(PrometheusCredential, PSCredential.Empty))
            return endpoint;
        endpoint = endpoint.WithPassword(PrometheusCredential.UserName, PrometheusCredential.GetNetworkCredential().Password);
        if (endpoint.IsExposed)
            Output.Warning($"The password goes to {endpoint.Uri} without TLS: who is on the way can read it.");
        return endpoint;
    }

    private async Task WatchAsync(ObservationRequest request, Uri? uri, ProbeRoute? route)
    {
        var reporter = new PipelineReporter(Output, request.Deployment?.Name);
        if (_token is not null && uri is not null && ApiToken.IsExposed(uri, route ?? ProbeRoute.Address))
            reporter.Warning($"The key goes to {uri} without TLS: who is on the way can read it.");
        var result = await DeploymentObservation.RunAsync(request, Changed, reporter, Cancellation).ConfigureAwait(false);
        if (!NoMark)
            HeldBuild.Remember(_state, result, reporter);
        new IncidentCatalog(_state).Observe(result, reporter);
        Say(result, result.Outcome == ObservationOutcome.Held, $"{result}. {result.Explanation}");
    }

    private void Changed(ObservationChange change)
    {
        if (!ResultOnly && !Quiet)
            Output.Object(change);
        else
            Output.Verbose($"{change.Name}: {change}");
    }
}
