using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>A container: whether it is still the same, runs, and is well.</summary>
/// <param name="request">What is asked for, with a deployment.</param>
/// <param name="engine">Its engine.</param>
internal sealed class WatchedDeployment(ObservationRequest request, IContainerEngine engine) : IWatched
{
    // As long as a gate has patience with a start.
    private static readonly TimeSpan StartPatience = new GateRules().Patience;

    private readonly HealthLooks _looks = new(request.Settling);
    private readonly ContainerLooks _container = new(request.Deployment!, request.Settling);
    private ContainerView? _now;

    public string What => HealthLooks.Health;
    public TimeSpan Every => TimeSpan.Zero;
    public TimeProvider Clock => engine.Clock;
    public Uri Uri { get; private set; } = request.Deployment!.Uri ?? new("http://localhost:8888");
    public Deployment? Deployment { get; private set; } = request.Deployment!;
    public EndpointRoute? Route { get; private set; }

    public async Task<IReadOnlyList<Look>> LookAsync(CancellationToken cancellation)
    {
        var at = Clock.GetUtcNow();
        try
        {
            await SeeAsync(cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            // The way to the application may be open all the same.
            return [ContainerLooks.Unseen(error, at), .. await AskAsync(at, cancellation).ConfigureAwait(false)];
        }
        var container = _container.Of(_now, Deployment!, at);
        return container.IsGrave || Route is null ? [container] : [container, .. await AskAsync(at, cancellation).ConfigureAwait(false)];
    }

    // By its name: a container that Compose puts in its place has that, and another id.
    private async Task SeeAsync(CancellationToken cancellation)
    {
        _now = await engine.InspectContainerAsync(request.Deployment!.Name, cancellation).ConfigureAwait(false);
        if (_now is null)
        {
            Deployment = request.Deployment with { State = "removed" };
            Route = null;
            return;
        }
        var image = await engine.InspectImageAsync(_now.ImageId, cancellation).ConfigureAwait(false);
        Deployment = await DeploymentCatalog.DescribeAsync(engine, _now, image, cancellation).ConfigureAwait(false);
        Route = Deployment.State == "running" ? RouteTo(_now, Deployment) : null;
    }

    private EndpointRoute RouteTo(ContainerView container, Deployment deployment) => deployment is { Uri: { } uri, Route: not ProbeRoute.ContainerNetwork }
        ? EndpointRoute.To(uri, container, engine)
        : EndpointRoute.Into(container, engine);

    private async Task<IReadOnlyList<Look>> AskAsync(DateTimeOffset at, CancellationToken cancellation)
    {
        if (Route is not { } route)
            return [];
        Uri = route.Uri;
        var report = await HealthProbe.ProbeAsync(request.Health(route), cancellation).ConfigureAwait(false);
        var excuse = HealthLooks.IsSilent(report) ? await ExcuseAsync(report, at, cancellation).ConfigureAwait(false) : null;
        return _looks.Of(report, excuse, at);
    }

    // Silence is the build's, unless it starts, or answers elsewhere.
    private async Task<(string State, string Why)?> ExcuseAsync(HealthReport report, DateTimeOffset at, CancellationToken cancellation)
    {
        if (Deployment!.StartedAt is { } started && at - started < StartPatience && !(_looks.LastWell > started))
            return ("Starting", $"It was started {Readable.Duration(at - started)} ago. {report.Explanation}");
        if (Route!.Kind != ProbeRoute.ContainerNetwork && await IsWellInsideAsync(cancellation).ConfigureAwait(false))
            return ("NotReachable", $"It is well inside its container's network, and cannot be reached from here. {report.Explanation}");
        // Where it was never reached, its own health check is all there is to believe.
        return _looks.LastWell is not null || Deployment.Health == "unhealthy" ? null
            : ("NotReachable", $"Its container runs ({Deployment.Health ?? "no health check"}), and it cannot be reached from here. {report.Explanation}");
    }

    private async Task<bool> IsWellInsideAsync(CancellationToken cancellation)
    {
        if (_now is null)
            return false;
        using var inside = EndpointRoute.Into(_now, engine);
        return (await HealthProbe.ProbeAsync(request.Health(inside), cancellation).ConfigureAwait(false)).IsHealthy;
    }

    public void Dispose() => engine.Dispose();
}
