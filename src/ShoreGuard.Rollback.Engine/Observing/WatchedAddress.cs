using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>An address, of which nothing is known but what answers there.</summary>
/// <param name="request">What is asked for, with an address.</param>
/// <param name="clock">By which time is told.</param>
internal sealed class WatchedAddress(ObservationRequest request, TimeProvider clock) : IWatched
{
    private readonly HealthLooks _looks = new(request.Settling);
    private readonly EndpointRoute _route = EndpointRoute.To(request.Uri!);

    public string What => HealthLooks.Health;
    public TimeSpan Every => TimeSpan.Zero;
    public TimeProvider Clock => clock;
    public Uri Uri => _route.Uri;
    public Deployment? Deployment => null;
    public EndpointRoute? Route => _route;

    public async Task<IReadOnlyList<Look>> LookAsync(CancellationToken cancellation)
    {
        var at = clock.GetUtcNow();
        var report = await HealthProbe.ProbeAsync(request.Health(_route), cancellation).ConfigureAwait(false);
        // Where nothing of ShoreGuard has ever answered, it may be the way there.
        (string, string)? excuse = _looks.LastWell is not null ? null : (report.Status.ToString(), report.Explanation);
        return _looks.Of(report, excuse, at);
    }

    public void Dispose() => _route.Dispose();
}
