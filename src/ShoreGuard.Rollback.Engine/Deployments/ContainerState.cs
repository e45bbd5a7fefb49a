using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>What an inspected container's state means for those who want to put another in its place.</summary>
internal static class ContainerState
{
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(2);

    /// <summary>Whether it has, or will have again by itself, a process, a port and its files: it runs, is paused, or is between two starts of a restart loop.</summary>
    /// <remarks>The Docker Engine says <c>Running</c> in each of these states; others that speak its API were seen to say so only of the first.</remarks>
    public static bool IsUp(JsonObject? container) => Flag(container, "Running") || Flag(container, "Restarting") || IsPaused(container);

    /// <summary>Whether its processes are frozen.</summary>
    public static bool IsPaused(JsonObject? container) => Flag(container, "Paused");

    /// <summary>Whether it is in a restart loop, as far as one look can tell: restarted at least once, and not up for long since.</summary>
    public static bool IsCrashing(JsonObject container) =>
        Flag(container, "Restarting") || (container.Number("RestartCount") > 0 && container.Time("State", "StartedAt") > DateTimeOffset.UtcNow - Settled);

    private static bool Flag(JsonObject? container, string name) => container.Flag("State", name);
}
