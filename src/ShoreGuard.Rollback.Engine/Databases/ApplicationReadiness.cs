using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Whether an application that was started again serves, seen by the gate of an image rollback. What it could not do before it need not do
/// now.</summary>
internal sealed class ApplicationReadiness(IContainerEngine engine, string id)
{
    private IReadOnlyList<string> _failedBefore = [];
    private bool _isAskedInside;
    private bool _wasUnreachable;

    /// <summary>Asks it while it still runs: which checks fail already, and which way leads to it from here.</summary>
    public async Task ObserveAsync(IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            if (await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is not { } container)
                return;
            var health = await AskAsync(EndpointRoute.To(await EndpointAsync(container, cancellation).ConfigureAwait(false), container, engine), cancellation)
                .ConfigureAwait(false);
            if (health.Status == HealthStatus.Unreachable)
            {
                health = await AskAsync(EndpointRoute.Into(container, engine), cancellation).ConfigureAwait(false);
                _wasUnreachable = health.Status == HealthStatus.Unreachable;
                _isAskedInside = !_wasUnreachable;
            }
            _failedBefore = Failing(health);
            reporter.Verbose($"Before the restore: {health.Explanation}");
        }
        catch (ShoreGuardException error)
        {
            _wasUnreachable = true;
            reporter.Verbose($"The application cannot be probed: {Errors.Finding(error)}");
        }
    }

    /// <summary>Waits until it is ready.</summary>
    /// <param name="patience">For how long.</param>
    /// <param name="clock">Runs since its start was asked for.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>How it is, and why it is not ready.</returns>
    public async Task<(ApplicationState State, string? Why)> WaitAsync(TimeSpan patience, Elapsed clock, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            if (await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is not { } container)
                return (ApplicationState.NotReady, "its container was removed by somebody else");
            var rules = new GateRules { Patience = patience, Stability = TimeSpan.Zero, IgnoredChecks = _failedBefore };
            var gate = await new HealthGate(engine, rules, _isAskedInside, reporter)
                .WatchAsync(id, await EndpointAsync(container, cancellation).ConfigureAwait(false), new() { Source = "" }, clock, cancellation)
                .ConfigureAwait(false);
            reporter.Progress(new("Gate", "Done", 100, Completed: true));
            return Judge(gate, reporter);
        }
        catch (Exception error) when (error is ShoreGuardException or OperationCanceledException)
        {
            reporter.Verbose($"Could not determine whether the application is ready: {Errors.Finding(error)}");
            return (ApplicationState.Restarted, null);
        }
    }

    private (ApplicationState State, string? Why) Judge(GateResult gate, IReporter reporter)
    {
        if (!gate.Passed && _wasUnreachable && gate.Health?.Status == HealthStatus.Unreachable)
        {
            reporter.Verbose($"Could not determine whether the application is ready: it could not be reached from here before either ({gate.Reason})");
            return (ApplicationState.Restarted, null);
        }
        if (!gate.Passed)
            return (ApplicationState.NotReady, gate.Reason);
        var failing = Failing(gate.Health!);
        return failing.Count == 0 ? (ApplicationState.Ready, null)
            : (ApplicationState.Live, $"{string.Join(", ", failing)} failed before the restore and {(failing.Count == 1 ? "fails" : "fail")} now");
    }

    private static List<string> Failing(HealthReport health) => [.. health.Checks.Where(Readiness.Fails).Select(check => check.Name)];

    private async Task<Uri> EndpointAsync(ContainerView container, CancellationToken cancellation) =>
        (await DeploymentCatalog.GetAsync(engine, id, cancellation).ConfigureAwait(false)).Uri ?? ContainerEndpoint.Inside(container);

    private static async Task<HealthReport> AskAsync(EndpointRoute way, CancellationToken cancellation)
    {
        using var route = way;
        return await HealthProbe.ProbeAsync(new HealthRequest { Uri = route.Uri, Route = route }, cancellation).ConfigureAwait(false);
    }
}
