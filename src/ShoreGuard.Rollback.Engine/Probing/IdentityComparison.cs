using System.Globalization;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Compares a build with the one that was expected.</summary>
internal static class IdentityComparison
{
    /// <summary>Every expected field in which the build differs, each as a sentence without its full stop. Null expects nothing.</summary>
    public static IReadOnlyList<string> Differences(BuildIdentity actual, string? version, string? gitSha, DateTimeOffset? buildTime) =>
        [.. Find(actual, version, gitSha, buildTime).Select(found => Sentence(found.Field, found.Actual, found.Expected))];

    /// <summary>The same as values.</summary>
    public static IReadOnlyList<(string Field, string Expected, string? Actual)> Find(
        BuildIdentity actual, string? version, string? gitSha, DateTimeOffset? buildTime)
    {
        var differences = new List<(string, string, string?)>();
        if (version is not null && !SameVersion(actual.Version, version))
            differences.Add(("version", version, actual.Version));
        if (gitSha is not null && !CommitDigits.AreSame(actual.GitSha, gitSha))
            differences.Add(("git_sha", CommitDigits.Bare(gitSha), actual.GitSha));
        // ShoreGuard writes whole seconds.
        if (buildTime is { } time && !(actual.BuildTime is { } built && (built - time).Duration() < TimeSpan.FromSeconds(1)))
            differences.Add(("build_time", Utc(time), actual.BuildTime is { } at ? Utc(at) : null));
        return differences;
    }

    private static string Sentence(string field, string? actual, string expected) =>
        actual is null ? $"the build does not say its {field}, expected was {expected}" : $"{field} is {actual}, expected was {expected}";

    private static bool SameVersion(string? actual, string expected) =>
        actual is not null && string.Equals(actual.TrimStart('v', 'V'), expected.Trim().TrimStart('v', 'V'), StringComparison.OrdinalIgnoreCase);

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
