using System.Text;

namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>One way in which a server wants to be told who asks; a <c>WWW-Authenticate</c> header offers one or several (RFC 9110, 11.6.1).</summary>
/// <param name="Scheme">Its name, for example <c>Bearer</c>.</param>
/// <param name="Parameters">By name, in any case.</param>
internal sealed record AuthenticationChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>A parameter's value; null when it is missing or empty.</summary>
    public string? this[string name] => Parameters.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public bool Is(string scheme) => Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a header. What cannot be read is passed over; no text makes it throw.</summary>
    public static IReadOnlyList<AuthenticationChallenge> Parse(string header)
    {
        var challenges = new List<AuthenticationChallenge>();
        Dictionary<string, string>? parameters = null;
        for (var at = 0; at < header.Length;)
        {
            var word = Token(header, ref at);
            if (word.Length == 0)
            {
                at++;
                continue;
            }
            var next = SkipBlanks(header, at);
            if (next < header.Length && header[next] == '=' && parameters is not null)
            {
                at = SkipBlanks(header, next + 1);
                parameters.TryAdd(word, Value(header, ref at));
                continue;
            }
            parameters = new(StringComparer.OrdinalIgnoreCase);
            challenges.Add(new(word, parameters));
        }
        return challenges;
    }

    private static int SkipBlanks(string text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
            at++;
        return at;
    }

    // The characters of a token, RFC 9110, 5.6.2.
    private static string Token(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || "!#$%&'*+-.^_`|~".Contains(text[at], StringComparison.Ordinal)))
            at++;
        return text[start..at];
    }

    private static string Value(string text, ref int at)
    {
        if (at >= text.Length || text[at] != '"')
            return Token(text, ref at);
        var value = new StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
                at++;
            value.Append(text[at]);
        }
        at++;
        return value.ToString();
    }
}
