using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Compares a build with the one that was expected.</summary>
internal static class IdentityComparison
{
    private const int FullSha = 40;

    /// <summary>Every expected field in which the build differs, each as a sentence without its full stop. Null expects nothing.</summary>
    public static IReadOnlyList<string> Differences(BuildIdentity actual, string? version, string? gitSha, DateTimeOffset? buildTime) =>
        [.. Find(actual, version, gitSha, buildTime).Select(found => Sentence(found.Field, found.Actual, found.Expected))];

    /// <summary>The same as values.</summary>
    public static IReadOnlyList<(string Field, string Expected, string? Actual)> Find(BuildIdentity actual, string? version, string? gitSha, DateTimeOffset? buildTime)
    {
        var differences = new List<(string, string, string?)>();
        if (version is not null && !SameVersion(actual.Version, version))
            differences.Add(("version", version, actual.Version));
        if (gitSha is not null && !IsSameCommit(actual.GitSha, gitSha))
            differences.Add(("git_sha", Bare(gitSha), actual.GitSha));
        // ShoreGuard writes whole seconds.
        if (buildTime is { } time && !(actual.BuildTime is { } built && (built - time).Duration() < TimeSpan.FromSeconds(1)))
            differences.Add(("build_time", Utc(time), actual.BuildTime is { } at ? Utc(at) : null));
        return differences;
    }

    private static string Sentence(string field, string? actual, string expected) =>
        actual is null ? $"the build does not say its {field}, expected was {expected}" : $"{field} is {actual}, expected was {expected}";

    private static bool SameVersion(string? actual, string expected) =>
        actual is not null && string.Equals(actual.TrimStart('v', 'V'), expected.Trim().TrimStart('v', 'V'), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether two ways to write a commit mean the same. Either may be the short form; fewer than seven digits of the build's own say too little.</summary>
    public static bool IsSameCommit(string? actual, string expected) =>
        actual is not null && Bare(expected) is { Length: > 0 } bare
        && (actual.StartsWith(bare, StringComparison.OrdinalIgnoreCase) || (actual.Length is >= 7 and < FullSha && bare.StartsWith(actual, StringComparison.OrdinalIgnoreCase)));

    private static string Bare(string gitSha) => gitSha.StartsWith("sha-", StringComparison.OrdinalIgnoreCase) ? gitSha[4..] : gitSha;

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
