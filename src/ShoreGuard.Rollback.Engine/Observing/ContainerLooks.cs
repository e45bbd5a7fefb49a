using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>What an engine says of one container: whether it is still there, still the same, and runs without having been started again.</summary>
/// <param name="first">The deployment as it was to be watched.</param>
/// <param name="settling">How long it has to be gone or stopped before that counts: another may be about to take its place.</param>
internal sealed class ContainerLooks(Deployment first, TimeSpan settling)
{
    public const string Container = "Container";

    // What a stop by hand leaves, with or without a signal that it waited for: 128 and SIGINT, SIGKILL, SIGTERM.
    private static readonly long[] ByHand = [0, 130, 137, 143];

    private long? _restarts;
    private DateTimeOffset? _startedAt;

    /// <summary>The engine could not be asked.</summary>
    public static Look Unseen(ShoreGuardException error, DateTimeOffset at) =>
        Seen(at, "not known", LookVerdict.Unknown, error.Message) with { Recommendation = error.Recommendation };

    /// <summary>What the engine says now.</summary>
    /// <param name="container">The container that has the name; null when none has.</param>
    /// <param name="now">The same, described.</param>
    /// <param name="at">When that was.</param>
    public Look Of(ContainerView? container, Deployment now, DateTimeOffset at)
    {
        if (container is null)
            return Stopped(at, "gone", $"There is no container named {first.Name} any more: somebody has removed or renamed it.");
        return now.ContainerId != first.ContainerId ? Replaced(now, at) : Ended(container, at) ?? Started(container, at);
    }

    private Look Replaced(Deployment now, DateTimeOffset at)
    {
        var why = $"Somebody has put another container in its place: {first.Name} was {Short(first)}, and is {Short(now)} with {now.Image}.";
        return Seen(at, $"replaced by {Short(now)}", LookVerdict.Other, why) with
        {
            IsCertain = true,
            Identity = now.Identity,
            Recommendation = $"If that was meant, watch what runs now: {Advice.Pipe(first.Name, "Watch-ShoreGuardDeployment")}",
        };
    }

    private Look? Ended(ContainerView container, DateTimeOffset at)
    {
        var state = container.Status ?? "in no state";
        var code = container.ExitCode ?? 0;
        var count = container.Restarts;
        var restarts = count - (_restarts ?? count);
        // Those that its policy makes: a start by hand counts from nought again.
        if (state == "restarting" || restarts > 0)
        {
            var why = $"Its process has ended by itself, and its restart policy has started it again (restart {count}).";
            return Crashed(at, "restarted by its restart policy", why) with { Restarts = (int)Math.Max(restarts, 0) };
        }
        if (state == "running")
            return null;
        var isOutOfMemory = container.IsOutOfMemory;
        if (state is "exited" or "dead" && (isOutOfMemory || !ByHand.Contains(code)))
        {
            var memory = isOutOfMemory ? ", for want of memory" : "";
            return Crashed(at, $"ended with exit code {code}", $"Its process has ended by itself with exit code {code}{memory}.");
        }
        return Stopped(at, state, $"It {(state == "exited" ? $"was stopped (exit code {code})" : $"is {state}")}, which says nothing about its build.");
    }

    private Look Crashed(DateTimeOffset at, string state, string why) => Seen(at, state, LookVerdict.Unwell, why) with
    {
        IsCertain = true,
        Served = false,
        Recommendation = $"docker logs {first.Name} shows why. {ObservationJudgement.WayBack(first.Name)}",
    };

    private Look Stopped(DateTimeOffset at, string state, string why) => Seen(at, state, LookVerdict.Other, why) with { Served = false, Patience = settling };

    // Somebody may have started it again, which says nothing against the build.
    private Look Started(ContainerView container, DateTimeOffset at)
    {
        var started = container.StartedAt;
        var isAgain = _startedAt is not null && started != _startedAt;
        (_restarts, _startedAt) = (container.Restarts, started);
        var state = started is { } time ? $"running since {Readable.Time(time)}" : "running";
        return Seen(at, state, LookVerdict.Well, isAgain ? "Somebody has started it again." : "It runs.") with { Restarts = isAgain ? 1 : 0 };
    }

    private static Look Seen(DateTimeOffset at, string state, LookVerdict verdict, string why) =>
        new() { What = Container, At = at, State = state, Verdict = verdict, Explanation = why };

    private static string Short(Deployment deployment) =>
        $"{deployment.ContainerId[..Math.Min(12, deployment.ContainerId.Length)]}, {deployment.Identity?.ToString() ?? "an unknown build"}";
}
