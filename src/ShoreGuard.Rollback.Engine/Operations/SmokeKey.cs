using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Tries the key of the smoke test on the build that runs, before anything is changed.</summary>
internal static class SmokeKey
{
    /// <summary>Refuses a key that the running build refuses: at the gate of the target it would say nothing of it, and put everything back.</summary>
    /// <returns>What the API of the running build answers; null where it was not asked, or there is no way to it.</returns>
    /// <remarks>Where nothing can be asked, or the API fails, which may be the very reason for the rollback, the gate says what the key is worth.</remarks>
    /// <exception cref="ShoreGuardException"><c>SmokeTokenRefused</c>.</exception>
    public static async Task<ApiReport?> RequireAcceptedAsync(Deployment running, ApiToken? token, CancellationToken cancellation)
    {
        if (token is null || !running.IsRunning)
            return null;
        var report = await AskAsync(running, token, cancellation).ConfigureAwait(false);
        if (report is { Status: ApiStatus.Inconclusive, Calls: [{ Outcome: not ApiOutcome.RateLimited } refused] })
            throw Errors.SmokeTokenRefused(running.Name, $"{refused.Path}: {refused.Error}");
        return report;
    }

    /// <summary>That the key can be read on its way, as a sentence; null where it cannot.</summary>
    public static string? Exposure(Deployment deployment, ApiToken? token) =>
        token is not null && deployment is { Uri: { } uri, Route: { } route } && ApiToken.IsExposed(uri, route)
            ? $"The key of -SmokeToken goes to {uri} without TLS: who is on the way can read it."
            : null;

    private static async Task<ApiReport?> AskAsync(Deployment running, ApiToken token, CancellationToken cancellation)
    {
        try
        {
            using var route = await EndpointRoute.ToAsync(running, cancellation).ConfigureAwait(false);
            return await ApiProbe.ProbeAsync(new() { Route = route, Name = running.Name, Token = token, First = 0 }, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            // There is no way to it.
            return null;
        }
    }
}
