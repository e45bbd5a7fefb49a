using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>The smoke calls of Test-ShoreGuardApi, less often than the rest: ShoreGuard counts them against a limit.</summary>
/// <param name="request">What is asked for, with a key.</param>
/// <param name="watched">What is watched.</param>
internal sealed class ObservedApi(ObservationRequest request, IWatched watched) : IObserved
{
    public const string Api = "API";

    public string What => Api;
    public TimeSpan Every => TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Look>> LookAsync(CancellationToken cancellation)
    {
        if (watched.Route is not { } route)
            return [];
        var at = watched.Clock.GetUtcNow();
        var report = await ApiProbe.ProbeAsync(new()
        {
            Route = route,
            Name = request.Deployment?.Name,
            Token = request.Token,
            Timeout = request.Timeout,
            SkipCertificateCheck = request.SkipCertificateCheck,
        }, cancellation).ConfigureAwait(false);
        return [Of(report, at)];
    }

    // That nothing answers is what its health says.
    private static Look Of(ApiReport report, DateTimeOffset at) => new()
    {
        What = Api,
        At = at,
        State = report is { Works: true, OfflineGateways: { Count: > 0 } offline } ? $"Working, offline: {string.Join(", ", offline)}" : $"{report.Status}",
        Verdict = report.Status switch
        {
            ApiStatus.Working => LookVerdict.Well,
            ApiStatus.Failing => LookVerdict.Unwell,
            _ => LookVerdict.Unknown,
        },
        Explanation = report.Explanation,
        Recommendation = report.Recommendation,
    };
}
