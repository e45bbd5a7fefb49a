using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>The names that exist only while an image is switched. They alone tell, after a kill, what was going on.</summary>
internal static partial class SwitchNames
{
    private const char Running = 'r';

    /// <summary>The old container, kept until the new one has passed its gate.</summary>
    public static string Old(string name, string id) => $"{name}-shoreguard-old-{id}";
    /// <summary>The new container before it takes the old one's name.</summary>
    public static string New(string name, string id) => $"{name}-shoreguard-new-{id}";
    /// <summary>The network on which a new container is gated before anyone is switched to it.</summary>
    public static string Network(string name, string id) => $"{name}-shoreguard-gate-{id}";

    /// <summary>A short id of one switch, which remembers whether the old container ran.</summary>
    public static string NewId(bool wasRunning) => $"{(wasRunning ? Running : 's')}{Guid.NewGuid().ToString("n")[..7]}";
    /// <summary>Whether the old container ran before the switch of this id.</summary>
    public static bool WasRunning(string id) => id[0] == Running;

    /// <summary>Takes a name apart; null for one that does not belong to a switch.</summary>
    public static (string Name, string Role, string Id)? Parse(string transient) =>
        Pattern().Match(transient) is { Success: true } match ? (match.Groups["name"].Value, match.Groups["role"].Value, match.Groups["id"].Value) : null;

    [GeneratedRegex(@"\A(?<name>.+)-shoreguard-(?<role>old|new|gate)-(?<id>[rs][0-9a-f]{7})\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
