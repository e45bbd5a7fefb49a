using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>What ShoreGuard's release workflow, and the tools around it, mean by a tag.</summary>
internal static partial class ReleaseTags
{
    /// <summary>Whether the tag is of a thing beside an image: cosign keeps signatures and attestations under the image's digest.</summary>
    public static bool IsAttachment(string tag) => Attachment().IsMatch(tag);

    /// <summary>The release that a tag names; null for a series (0.27), a commit, or a word.</summary>
    public static ReleaseVersion? Version(string tag) => ReleaseVersion.TryParse(tag) is { IsFull: true } version ? version : null;

    /// <summary>The commit's digits that a tag names: <c>sha-a1b2c3d</c>, or the digits alone, as the runbook has them.</summary>
    public static string? Commit(string tag) =>
        CommitTag().Match(tag) is { Success: true } match && Version(tag) is null ? match.Groups["digits"].Value.ToLowerInvariant() : null;

    /// <summary>A commit as an operator writes it, without the tag's prefix and in lower case.</summary>
    public static string Digits(string gitSha)
    {
        var text = gitSha.Trim().ToLowerInvariant();
        return text.StartsWith("sha-", StringComparison.Ordinal) ? text[4..] : text;
    }

    /// <summary>Releases first, newest of them first; then series, words and commits.</summary>
    public static IReadOnlyList<string> InOrder(IEnumerable<string> tags) =>
        [.. tags.OrderByDescending(Version).ThenBy(tag => Commit(tag) is not null).ThenBy(tag => tag, StringComparer.Ordinal)];

    /// <summary>The commits whose tags begin with these digits, and the first tag of each, in order.</summary>
    public static IReadOnlyList<(string Commit, string Tag)> Beginning(IEnumerable<string> tags, string digits) =>
        [.. tags.Select(tag => (Commit: Commit(tag), Tag: tag)).Where(entry => entry.Commit?.StartsWith(digits, StringComparison.Ordinal) == true)
            .OrderBy(entry => entry.Commit, StringComparer.Ordinal).ThenByDescending(entry => entry.Tag, StringComparer.Ordinal)
            .Select(entry => (entry.Commit!, entry.Tag)).DistinctBy(entry => entry.Item1[..Math.Min(7, entry.Item1.Length)])];

    [GeneratedRegex(@"\Asha256-[0-9a-f]{64}(\.[a-z]+)?\z")]
    private static partial Regex Attachment();

    [GeneratedRegex(@"\A(?:sha-(?<digits>[0-9a-fA-F]{4,40})|(?<digits>[0-9a-fA-F]{7,40}))\z", RegexOptions.ExplicitCapture)]
    private static partial Regex CommitTag();
}
