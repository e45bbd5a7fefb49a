using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>What an engine's descriptions say of one container: whether it is still there, still the same, and runs without having been started again.</summary>
/// <param name="first">The deployment as it was to be watched.</param>
internal sealed class ContainerLooks(Deployment first)
{
    public const string Container = "Container";

    // What a stop by hand leaves, with or without a signal that it waited for: 128 and SIGINT, SIGKILL, SIGTERM.
    private static readonly long[] ByHand = [0, 130, 137, 143];

    private long? _restarts;
    private DateTimeOffset? _startedAt;

    /// <summary>The engine could not be asked.</summary>
    public static Look Unseen(ShoreGuardException error, DateTimeOffset at) => Seen(at, "not known", LookVerdict.Unknown, error.Message) with { Recommendation = error.Recommendation };

    /// <summary>What the engine says now.</summary>
    /// <param name="container">The container that has the name; null when none has.</param>
    /// <param name="now">The same, described.</param>
    /// <param name="at">When that was.</param>
    public Look Of(JsonObject? container, Deployment now, DateTimeOffset at)
    {
        if (container is null)
            return Seen(at, "gone", LookVerdict.Other, $"There is no container named {first.Name} any more: somebody has removed or renamed it.");
        if (now.ContainerId != first.ContainerId)
            return Replaced(now, at);
        return Ended(container, at) ?? Started(container, at);
    }

    private Look Replaced(Deployment now, DateTimeOffset at) =>
        Seen(at, $"replaced by {Short(now)}", LookVerdict.Other, $"Somebody has put another container in its place: {first.Name} was {Short(first)}, and is {Short(now)} with {now.Image}.") with
        {
            Served = null,
            IsCertain = true,
            Identity = now.Identity,
            Recommendation = $"If that was meant, watch what runs now: {Advice.Pipe(first.Name, "Watch-ShoreGuardDeployment")}",
        };

    private Look? Ended(JsonObject container, DateTimeOffset at)
    {
        var (state, code, count) = (container.Text("State", "Status") ?? "in no state", container.Number("State", "ExitCode") ?? 0, container.Number("RestartCount") ?? 0);
        // Those that its restart policy has made: the process has ended by itself.
        var restarts = count - (_restarts ?? count);
        if (state == "restarting" || restarts > 0)
            return Crashed(at, "restarted by its restart policy", $"Its process has ended by itself, and its restart policy starts it again (restart {count}).") with { Restarts = (int)Math.Max(restarts, 0) };
        if (state == "running")
            return null;
        var isCrash = state is "exited" or "dead" && (container.Flag("State", "OOMKilled") || !ByHand.Contains(code));
        return isCrash ? Crashed(at, $"ended with exit code {code}", $"Its process has ended by itself with exit code {code}{(container.Flag("State", "OOMKilled") ? ", for want of memory" : "")}.")
            : Seen(at, state, LookVerdict.Other, state == "exited" ? $"It was stopped (exit code {code}), which somebody has done or its process by itself." : $"It is {state}, which somebody has done.");
    }

    private Look Crashed(DateTimeOffset at, string state, string why) => Seen(at, state, LookVerdict.Unwell, why) with
    {
        IsCertain = true,
        Recommendation = $"docker logs {first.Name} shows why. The way back, and what it costs: {Advice.Pipe(first.Name, "Get-ShoreGuardRollbackPlan -Previous")}",
    };

    // Somebody may have started it again, which says nothing against the build.
    private Look Started(JsonObject container, DateTimeOffset at)
    {
        var started = container.Time("State", "StartedAt");
        var isAgain = _startedAt is not null && started != _startedAt;
        (_restarts, _startedAt) = (container.Number("RestartCount") ?? 0, started);
        return Seen(at, "running", LookVerdict.Well, isAgain ? $"Somebody has started it again, at {(started is { } time ? Readable.Time(time) : "a time that is not known")}." : "It runs.")
            with { Restarts = isAgain ? 1 : 0 };
    }

    private static Look Seen(DateTimeOffset at, string state, LookVerdict verdict, string why) =>
        new() { What = Container, At = at, State = state, Verdict = verdict, Explanation = why, Served = verdict is LookVerdict.Unwell or LookVerdict.Other ? false : null };

    private static string Short(Deployment deployment) => $"{deployment.ContainerId[..Math.Min(12, deployment.ContainerId.Length)]}, {deployment.Identity?.ToString() ?? "an unknown build"}";
}
