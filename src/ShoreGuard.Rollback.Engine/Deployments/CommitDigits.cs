namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>Commits as people and images write them: whole or short, with the prefix of a tag or without.</summary>
internal static class CommitDigits
{
    private const string TagPrefix = "sha-";
    private const int Whole = 40, Enough = 7;

    /// <summary>Whether two ways to write a commit mean the same. Either may be the short form; fewer than seven digits of the build's own say too
    /// little.</summary>
    public static bool AreSame(string? actual, string expected) =>
        actual is not null && Bare(expected) is { Length: > 0 } bare
        && (actual.StartsWith(bare, StringComparison.OrdinalIgnoreCase)
            || (actual.Length is >= Enough and < Whole && bare.StartsWith(actual, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether a build can be known by it later: seven hexadecimal digits or more, so that chance does not make two of it.</summary>
    public static bool IsWhatMarks(string gitSha) => Bare(gitSha) is { Length: >= Enough and <= Whole } digits && digits.All(char.IsAsciiHexDigit);

    /// <summary>The digits, without the prefix that a tag has.</summary>
    public static string Bare(string gitSha) => gitSha.StartsWith(TagPrefix, StringComparison.OrdinalIgnoreCase) ? gitSha[TagPrefix.Length..] : gitSha;
}
