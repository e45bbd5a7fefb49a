using System.Globalization;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>What an image says it was built from.</summary>
/// <remarks>ShoreGuard's Dockerfile bakes three variables; its release workflow adds the OCI labels with another tool, so the
/// label <c>created</c> differs from the build time and is not compared.</remarks>
internal static class BakedIdentity
{
    private const string VersionLabel = "org.opencontainers.image.version";
    private const string RevisionLabel = "org.opencontainers.image.revision";

    /// <summary>The identity of an inspected image: its variables first, its labels where a variable is missing.</summary>
    public static BuildIdentity Read(ImageView image, string source) => new()
    {
        Version = Known(image.Variable("SHOREGUARD_VERSION")) ?? Label(image, VersionLabel),
        GitSha = Known(image.Variable("SHOREGUARD_GIT_SHA")) ?? Label(image, RevisionLabel),
        BuildTime = DateTimeOffset.TryParse(image.Variable("SHOREGUARD_BUILD_TIME"), CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null,
        Source = source,
    };

    /// <summary>What its labels alone say.</summary>
    public static (string? Version, string? GitSha) Labelled(ImageView image) => (Label(image, VersionLabel), Label(image, RevisionLabel));

    /// <summary>Where an image contradicts itself, or the release it was asked for as; each a sentence.</summary>
    /// <param name="image">The inspected image.</param>
    /// <param name="version">The version that was asked for; null when it was not by version.</param>
    /// <param name="gitSha">The commit that was asked for, a prefix; null when it was not by commit.</param>
    public static IReadOnlyList<string> Differences(ImageView image, string? version, string? gitSha)
    {
        var baked = Read(image, "");
        var differences = new List<string>();
        Compare("version", IsSame, baked.Version, "its label", Label(image, VersionLabel));
        Compare("commit", CommitDigits.AreSame, baked.GitSha, "its label", Label(image, RevisionLabel));
        Compare("version", IsSame, baked.Version, "the one asked for", version);
        Compare("commit", CommitDigits.AreSame, baked.GitSha, "the one asked for", gitSha);
        return differences;

        void Compare(string field, Func<string, string, bool> areSame, string? actual, string whose, string? expected)
        {
            if (actual is not null && expected is not null && !areSame(actual, expected))
                differences.Add($"the {field} built into it is {actual}, {whose} is {expected}");
        }
    }

    // A commit is often written short; a version never is a proper prefix of another one (0.2 is not 0.27).
    private static bool IsSame(string actual, string expected) => actual.Equals(expected, StringComparison.OrdinalIgnoreCase);

    private static string? Known(string? value) => string.IsNullOrEmpty(value) || value == "unknown" ? null : value;

    private static string? Label(ImageView image, string name) => Known(image.Label(name));
}
