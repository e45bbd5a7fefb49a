using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Takes passwords and tokens out of text that others wrote: a container's log, a tool's error.</summary>
internal static partial class SecretScrubber
{
    /// <summary>The text with the secrets that can be recognised replaced by <c>***</c>.</summary>
    public static string Scrub(string text) => Named().Replace(InUrl().Replace(text, "${before}***@"), "${name}***");

    // scheme://user:password@
    [GeneratedRegex(@"(?<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+@", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex InUrl();

    // password=…, token: …, Authorization: Bearer …
    [GeneratedRegex(@"(?<name>(?:(?:password|passwd|secret|token|api[_-]?key|bootstrap_key)['""]?\s*[=:]\s*['""]?|\bbearer\s+))[^\s'"",;]+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
