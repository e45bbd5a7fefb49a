using System.Text;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>Puts variables into a text as Compose does: <c>$V</c>, <c>${V}</c>, <c>${V:-d}</c>, <c>${V-d}</c>, <c>${V:?e}</c>, <c>${V?e}</c>,
/// <c>${V:+a}</c>, <c>${V+a}</c>, <c>$$</c>.</summary>
/// <remarks>The rules are those of compose-go's package <c>template</c>; a test compares them with <c>docker compose config</c>.</remarks>
internal static class Interpolation
{
    /// <summary>A place of a text: a variable, or text between two.</summary>
    /// <param name="Start">Where it begins.</param>
    /// <param name="End">Where the next one begins.</param>
    /// <param name="Variable">The variable's name; null for text.</param>
    /// <param name="Operator">What stands behind the name: nothing, <c>:-</c>, <c>-</c>, <c>:?</c>, <c>?</c>, <c>:+</c> or <c>+</c>.</param>
    /// <param name="Text">The text; for a variable, what stands behind the operator.</param>
    public readonly record struct Piece(int Start, int End, string? Variable, string Operator, string Text);

    /// <summary>Puts the variables in.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lookup">The value of a variable; null for one that is not set.</param>
    /// <exception cref="FormatException">It is not well formed, or a variable that has to be set is not.</exception>
    public static string Expand(string text, Func<string, string?> lookup)
    {
        var result = new StringBuilder();
        foreach (var piece in Split(text))
            result.Append(piece.Variable is null ? piece.Text : Value(piece, lookup));
        return result.ToString();
    }

    /// <summary>Takes a text apart.</summary>
    /// <exception cref="FormatException">It is not well formed.</exception>
    public static IEnumerable<Piece> Split(string text)
    {
        var position = 0;
        while (position < text.Length)
        {
            var piece = text[position] == '$' ? ReadDollar(text, position) : ReadText(text, position);
            yield return piece;
            position = piece.End;
        }
    }

    private static string Value(Piece piece, Func<string, string?> lookup)
    {
        var value = lookup(piece.Variable!);
        // Compose looks into it even where it is not used, and refuses what is wrong there.
        var argument = Expand(piece.Text, lookup);
        // With a colon, empty is as good as not set.
        var isSet = piece.Operator.StartsWith(':') ? !string.IsNullOrEmpty(value) : value is not null;
        return (piece.Operator.TrimStart(':'), isSet) switch
        {
            ("-", false) or ("+", true) => argument,
            ("?", false) => throw new FormatException($"the variable {piece.Variable} has to be set: {argument}"),
            ("+", false) => "",
            _ => value ?? "",
        };
    }

    private static Piece ReadText(string text, int start)
    {
        var end = text.IndexOf('$', start);
        end = end < 0 ? text.Length : end;
        return new(start, end, null, "", text[start..end]);
    }

    private static Piece ReadDollar(string text, int dollar)
    {
        var next = dollar + 1 < text.Length ? text[dollar + 1] : '\0';
        if (next == '$')
            return new(dollar, dollar + 2, null, "", "$");
        if (next == '{')
            return ReadBraces(text, dollar);
        var end = NameEnd(text, dollar + 1);
        // A dollar sign before anything else stands for itself.
        return end == dollar + 1 ? new(dollar, end, null, "", "$") : new(dollar, end, text[(dollar + 1)..end], "", "");
    }

    private static Piece ReadBraces(string text, int dollar)
    {
        var start = dollar + 2;
        var nameEnd = NameEnd(text, start);
        var close = ClosingBrace(text, nameEnd);
        if (nameEnd == start || close < 0)
            throw new FormatException($"'{text[dollar..]}' is not a variable");
        var rest = text[nameEnd..close];
        var @operator = rest switch
        {
            [':', '-' or '?' or '+', ..] => rest[..2],
            ['-' or '?' or '+', ..] => rest[..1],
            "" => "",
            _ => throw new FormatException($"'{text[dollar..(close + 1)]}' is not a variable"),
        };
        return new(dollar, close + 1, text[start..nameEnd], @operator, rest[@operator.Length..]);
    }

    private static int NameEnd(string text, int start)
    {
        var end = start;
        while (end < text.Length && (char.IsAsciiLetter(text[end]) || text[end] == '_' || (end > start && char.IsAsciiDigit(text[end]))))
            end++;
        return end;
    }

    private static int ClosingBrace(string text, int from)
    {
        var depth = 1;
        for (var index = from; index < text.Length; index++)
        {
            depth += text[index] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
                return index;
        }
        return -1;
    }
}
