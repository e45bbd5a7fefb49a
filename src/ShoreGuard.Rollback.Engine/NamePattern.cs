using System.Text;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Wildcards as PowerShell has them: <c>*</c>, <c>?</c>, <c>[a-c]</c>, and a backtick before one that is meant literally; in any case.</summary>
internal static class NamePattern
{
    private static readonly char[] Wildcards = ['*', '?', '['];

    public static bool IsPattern(string text) => text.IndexOfAny(Wildcards) >= 0;

    public static Func<string, bool> AnyOf(IReadOnlyList<string> patterns)
    {
        var expressions = patterns.Select(Compile).ToArray();
        return name => expressions.Any(expression => expression.IsMatch(name));
    }

    private static Regex Compile(string pattern)
    {
        try
        {
            return Matching(Translate(pattern));
        }
        catch (ArgumentException)
        {
            // A range from high to low; no name of a check has such characters, so it can only be meant as it stands.
            return Matching("^(?:" + Regex.Escape(pattern) + ")\\z");
        }
    }

    // Linear in the name however the pattern is written.
    private static Regex Matching(string expression) =>
        new(expression, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline);

    private static string Translate(string pattern)
    {
        var result = new StringBuilder("^(?:");
        for (var i = 0; i < pattern.Length; i++)
        {
            var end = pattern[i] == '[' ? pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) : -1;
            if (end > 0)
            {
                result.Append('[')
                    .Append(pattern[(i + 1)..end].Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("[", "\\[", StringComparison.Ordinal).Replace("^", "\\^", StringComparison.Ordinal)).Append(']');
                i = end;
            }
            else
            {
                result.Append(pattern[i] switch
                {
                    '*' => ".*",
                    '?' => ".",
                    '`' when i + 1 < pattern.Length => Regex.Escape(pattern[++i].ToString()),
                    var literal => Regex.Escape(literal.ToString()),
                });
            }
        }
        return result.Append(")\\z").ToString();
    }
}
