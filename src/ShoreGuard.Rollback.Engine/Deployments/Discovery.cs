using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>Gateway discovery, whose being off ShoreGuard itself takes for a failure.</summary>
/// <remarks>Since 0.30.2 it is off by default (<c>shoreguard/settings.py</c>), and <c>/readyz</c> is 503 for ever, with the check
/// <c>background_discovery</c> dead.</remarks>
internal static partial class Discovery
{
    /// <summary>The check that fails while it is off.</summary>
    public const string Check = "background_discovery";

    // What the settings read as true, in any case (docs.pydantic.dev, "Booleans").
    private static readonly string[] Yes = ["1", "true", "t", "yes", "y", "on"];

    /// <summary>Whether a container's environment turns it on.</summary>
    public static bool IsEnabled(ContainerView container) =>
        container.Variable("SHOREGUARD_DISCOVERY_ENABLED") is { } value && Yes.Contains(value.Trim(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it is off in a build where nothing was said about it.</summary>
    public static bool IsOffByDefault(BuildIdentity? identity) =>
        identity?.Version is { } text
            && Numbers().Match(text) is { Success: true } match && Version.TryParse(match.Value, out var version) && version >= new Version(0, 30, 2);

    // Of a build between two releases as well: 0.32.1.dev3 is none of the older ones.
    [GeneratedRegex(@"(?<=\Av?)\d{1,6}\.\d{1,6}\.\d{1,6}", RegexOptions.ExplicitCapture)]
    private static partial Regex Numbers();
}
