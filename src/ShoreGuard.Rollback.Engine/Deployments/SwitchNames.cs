using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>The names that exist only while an image is switched. They alone tell, after a kill, what was going on.</summary>
internal static partial class SwitchNames
{
    private const char Running = 'r';
    private const char Stopped = 's';
    private const char Unpinned = 'n';

    /// <summary>The old container, kept until the new one has passed its gate.</summary>
    public static string Old(string name, string id) => $"{name}-shoreguard-old-{id}";
    /// <summary>The new container before it takes the old one's name.</summary>
    public static string New(string name, string id) => $"{name}-shoreguard-new-{id}";
    /// <summary>The network on which a new container is gated before anyone is switched to it.</summary>
    public static string Network(string name, string id) => $"{name}-shoreguard-gate-{id}";

    /// <summary>What all names of containers and networks have in them that exist only while an image is switched.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["-shoreguard-old-", "-shoreguard-new-", "-shoreguard-gate-"];

    /// <summary>A short id of one switch, which remembers whether the old container ran, and whether the pin will tell that the new one has held.</summary>
    public static string NewId(bool wasRunning, bool pinTells = true)
    {
        var digits = Guid.NewGuid().ToString("n")[..7];
        return $"{(wasRunning ? Running : Stopped)}{(pinTells ? digits : Unpinned + digits[1..])}";
    }

    /// <summary>The same switch's id for another container that is switched with it.</summary>
    public static string SameId(string id, bool wasRunning) => (wasRunning ? Running : Stopped) + id[1..];

    /// <summary>Whether, in the switch of this id, a pin in its place means that the new container has held. One that is not changed, or not there,
    /// means nothing.</summary>
    public static bool PinTells(string id) => id[1] != Unpinned;
    /// <summary>Whether the old container ran before the switch of this id.</summary>
    public static bool WasRunning(string id) => id[0] == Running;

    /// <summary>Takes a name apart; null for one that does not belong to a switch.</summary>
    public static (string Name, string Role, string Id)? Parse(string transient) =>
        Pattern().Match(transient) is { Success: true } match ? (match.Groups["name"].Value, match.Groups["role"].Value, match.Groups["id"].Value) : null;

    [GeneratedRegex(@"\A(?<name>.+)-shoreguard-(?<role>old|new|gate)-(?<id>[rs][0-9a-fn][0-9a-f]{6})\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
