using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>The names that containers have only while an image is switched.</summary>
internal static partial class SwitchNames
{
    /// <summary>The old container, kept until the new one has passed its gate.</summary>
    public static string Old(string name, string id) => $"{name}-shoreguard-old-{id}";
    /// <summary>The new container before it takes the old one's name.</summary>
    public static string New(string name, string id) => $"{name}-shoreguard-new-{id}";
    /// <summary>The network on which a new container is gated before anyone is switched to it.</summary>
    public static string Network(string name, string id) => $"{name}-shoreguard-gate-{id}";
    /// <summary>A short id of one switch.</summary>
    public static string NewId() => Guid.NewGuid().ToString("n")[..8];
    /// <summary>Whether a name belongs to a switch that is under way, or was broken off.</summary>
    public static bool IsTransient(string name) => Pattern().IsMatch(name);

    [GeneratedRegex(@"-shoreguard-(old|new)-[0-9a-f]{8}\z")]
    private static partial Regex Pattern();
}
