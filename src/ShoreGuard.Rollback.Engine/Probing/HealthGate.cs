using System.Globalization;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>What a new build has to show before the old one is let go.</summary>
public sealed record GateRules
{
    /// <summary>How long to wait for the build to become ready, from when its start was asked for.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>How long it then has to stay ready.</summary>
    public TimeSpan Stability { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>How long to wait for its first answer, where that may be less than until it is ready: it was ready a moment before, elsewhere. Null
    /// for as long as that.</summary>
    public TimeSpan? AnswersWithin { get; init; }
    /// <summary>Checks that do not count, by wildcard.</summary>
    public IReadOnlyList<string> IgnoredChecks { get; init; } = [];
    /// <summary>The key with which its API is asked once it is ready, and has to work; null where it is not asked. It is written down nowhere.</summary>
    public ApiToken? SmokeToken { get; init; }
}

/// <summary>Watches a started container until it has shown that it is live, ready and the right build, and has stayed so.</summary>
/// <param name="engine">The container's engine.</param>
/// <param name="rules">What it has to show.</param>
/// <param name="isAskedInside">Whether it is asked inside its network, although a port is published: that port cannot be reached from here.</param>
/// <param name="reporter">Told how it goes.</param>
internal sealed class HealthGate(IContainerEngine engine, GateRules rules, bool isAskedInside, IReporter reporter)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private const int LogLines = 30;
    private const int SmokeTries = 3, SmokeGateways = 3;
    private static readonly TimeSpan SmokePause = TimeSpan.FromSeconds(1);

    /// <summary>Watches.</summary>
    /// <param name="containerId">The new container.</param>
    /// <param name="endpoint">Where it answers.</param>
    /// <param name="expected">What it was built with.</param>
    /// <param name="clock">Runs since the wait for it began, which may be before its start was asked for.</param>
    /// <param name="cancellation">Stops watching.</param>
    public async Task<GateResult> WatchAsync(string containerId, Uri endpoint, BuildIdentity expected, Elapsed clock, CancellationToken cancellation)
    {
        var container = await engine.InspectContainerAsync(containerId, cancellation).ConfigureAwait(false);
        using var route = RouteTo(container, endpoint);
        var request = new HealthRequest
        {
            Uri = route.Uri,
            Route = route,
            Timeout = rules.AnswersWithin ?? TimeSpan.FromSeconds(5),
            IgnoredChecks = rules.IgnoredChecks,
            DiscoveryEnabled = container is null ? null : Discovery.IsEnabled(container),
            ExpectedVersion = expected.Version,
            ExpectedGitSha = expected.GitSha,
            ExpectedBuildTime = expected.BuildTime,
        };
        TimeSpan? readySince = null;
        var hasAnswered = false;
        await using var end = EndWatch.Start(engine, containerId, cancellation);
        // What ended before the waiting began is asked for once.
        for (var isFirst = true; ; isFirst = false)
        {
            // Until it answers at all, one question is enough: three, and the finding out why, would take the processor from its start.
            var answers = hasAnswered || IsOver(clock.Value) || await HealthProbe.AnswersAsync(request, cancellation).ConfigureAwait(false);
            var ended = isFirst || end.MayHaveEnded ? await EndedAsync(containerId, cancellation).ConfigureAwait(false) : null;
            if (!answers && ended is null)
            {
                // That question has waited for as long already: finding out why it was not answered would only make the outage longer.
                if (clock.Value >= rules.AnswersWithin)
                    return await RefuseAsync(containerId, NotAnswered(rules.AnswersWithin.Value, $"nothing answers at {route.Uri}"), clock.Value, health: null,
                        cancellation).ConfigureAwait(false);
                reporter.Progress(Waiting(HealthStatus.Unreachable, clock.Value));
                await Task.Delay(UntilNextLook(clock.Value, readySince), engine.Clock, cancellation).ConfigureAwait(false);
                continue;
            }
            var health = await HealthProbe.ProbeAsync(request, cancellation).ConfigureAwait(false);
            ended ??= end.MayHaveEnded ? await EndedAsync(containerId, cancellation).ConfigureAwait(false) : null;
            hasAnswered |= health.Status != HealthStatus.Unreachable;
            if (ended is not null)
                return await RefuseAsync(containerId, ended, clock.Value, health, cancellation).ConfigureAwait(false);
            // One that does not say yet may have begun to answer between two of the probes.
            if (health is { Status: HealthStatus.WrongBuild, Identity: not null })
                return await RefuseAsync(containerId, string.Join("; ", health.IdentityDifferences), clock.Value, health, cancellation).ConfigureAwait(false);
            if (health.IsHealthy)
            {
                readySince ??= clock.Value;
                if (clock.Value - readySince >= rules.Stability)
                    return await ConcludeAsync(containerId, route, health, clock, cancellation).ConfigureAwait(false);
            }
            else if (readySince is not null)
            {
                return await RefuseAsync(containerId, $"it became ready, and did not stay so: {health.Explanation}", clock.Value, health, cancellation)
                    .ConfigureAwait(false);
            }
            else if (!hasAnswered && clock.Value >= rules.AnswersWithin)
            {
                return await RefuseAsync(containerId, NotAnswered(rules.AnswersWithin.Value, health.Explanation), clock.Value, health, cancellation)
                    .ConfigureAwait(false);
            }
            else if (clock.Value >= rules.Patience)
            {
                return await RefuseAsync(containerId, $"it was not ready within {Readable.Duration(rules.Patience)}: "
                    + $"{health.Explanation}", clock.Value, health, cancellation).ConfigureAwait(false);
            }
            Report(health, clock.Value, readySince);
            await Task.Delay(UntilNextLook(clock.Value, readySince), engine.Clock, cancellation).ConfigureAwait(false);
        }
    }

    // Ready is not working: that is what the smoke calls tell.
    private async Task<GateResult> ConcludeAsync(string containerId, EndpointRoute route, HealthReport health, Elapsed clock, CancellationToken cancellation)
    {
        if (rules.SmokeToken is null)
            return new() { Passed = true, Duration = clock.Value, Health = health };
        reporter.Progress(new("Gate", "Ready; asking its API"));
        var api = await SmokeAsync(route, cancellation).ConfigureAwait(false);
        if (api.Works)
            return new() { Passed = true, Duration = clock.Value, Health = health, Api = api };
        // What could not be tested has not passed.
        var what = api.Status == ApiStatus.Inconclusive ? "it is ready, and whether its API works could not be told" : "it is ready, and its API does not work";
        var refused = await RefuseAsync(containerId, $"{what}: {api.Explanation.TrimEnd('.')}", clock.Value, health, cancellation).ConfigureAwait(false);
        return refused with { Api = api };
    }

    // A request right after the first readiness was seen to be dropped without an answer. A key that is refused is refused the next time as well.
    private async Task<ApiReport> SmokeAsync(EndpointRoute route, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            var request = new ApiRequest { Route = route, Token = rules.SmokeToken, First = SmokeGateways };
            var report = await ApiProbe.ProbeAsync(request, cancellation).ConfigureAwait(false);
            if (report.Status is ApiStatus.Working or ApiStatus.Inconclusive || tries == SmokeTries)
                return report;
            await Task.Delay(SmokePause, engine.Clock, cancellation).ConfigureAwait(false);
        }
    }

    private static string NotAnswered(TimeSpan limit, string why) =>
        $"it was ready before it took over, and has not answered for {Readable.Duration(limit)} since: {why}";

    private bool IsOver(TimeSpan elapsed) => elapsed >= rules.Patience || elapsed >= rules.AnswersWithin;

    // The last look is when the time is over, not up to an interval later: somebody waits for the old build meanwhile.
    private TimeSpan UntilNextLook(TimeSpan elapsed, TimeSpan? readySince)
    {
        var patience = rules.AnswersWithin is { } limit && elapsed < limit ? limit : rules.Patience;
        var left = (readySince is { } since ? since + rules.Stability : patience) - elapsed;
        return left > TimeSpan.Zero && left < Interval ? left : Interval;
    }

    // Of one that is gone, the next look says so.
    private EndpointRoute RouteTo(ContainerView? container, Uri endpoint)
    {
        if (container is null)
            return EndpointRoute.To(endpoint);
        return isAskedInside ? EndpointRoute.Into(container, engine) : EndpointRoute.To(endpoint, container, engine);
    }

    private void Report(HealthReport health, TimeSpan elapsed, TimeSpan? readySince) => reporter.Progress(readySince is { } since
        ? new("Gate", $"Ready; watching for {Readable.Duration(rules.Stability)}", 100 * (elapsed - since) / Larger(rules.Stability))
        : Waiting(health.Status, elapsed));

    private ProgressUpdate Waiting(HealthStatus status, TimeSpan elapsed) =>
        new("Gate", $"{status}; waiting up to {Readable.Duration(rules.Patience)}", 100 * elapsed / Larger(rules.Patience));

    private static TimeSpan Larger(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.FromTicks(1);

    private async Task<string?> EndedAsync(string containerId, CancellationToken cancellation)
    {
        var container = await engine.InspectContainerAsync(containerId, cancellation).ConfigureAwait(false);
        if (container is null)
            return "its container was removed by somebody else";
        var ended = container.Status is "exited" or "dead" or "restarting";
        if (!ended && container.Restarts == 0)
            return null;
        // Its restart policy may have started it again meanwhile, and then its state no longer says how it ended.
        var code = await engine.LastExitCodeAsync(containerId, container.CreatedAt ?? DateTimeOffset.UnixEpoch, cancellation).ConfigureAwait(false)
            ?? container.ExitCode?.ToString(CultureInfo.InvariantCulture);
        return $"it ended with exit code {code}";
    }

    private async Task<GateResult> RefuseAsync(string containerId, string reason, TimeSpan elapsed, HealthReport? health, CancellationToken cancellation)
    {
        IReadOnlyList<string> log = [];
        try
        {
            log = await engine.TailLogAsync(containerId, StartLog.Lines, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            // A container that is gone has no log; the reason says so already.
        }
        if (StartLog.Read([.. log.Select(SecretScrubber.Scrub)]) is { } known)
            reason = $"{known.Why} ({reason})";
        return new() { Passed = false, Reason = reason, Duration = elapsed, Health = health, Log = [.. log.TakeLast(LogLines).Select(SecretScrubber.Scrub)] };
    }
}
