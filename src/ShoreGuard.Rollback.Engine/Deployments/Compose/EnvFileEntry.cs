using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>One variable of an environment file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Start">Where the value begins in the file's text, behind its quote; -1 for a name alone, whose value comes from elsewhere.</param>
/// <param name="Length">How long the value is, without quotes.</param>
/// <param name="Quote">The quote around it, or a null character.</param>
/// <remarks>The rules are those of compose-go's package <c>dotenv</c>. Lines that it would refuse are passed over.</remarks>
internal sealed partial record EnvFileEntry(string Name, int Start, int Length, char Quote)
{
    /// <summary>Whether it is a name alone.</summary>
    public bool IsInherited => Start < 0;

    /// <summary>All of a text, in order.</summary>
    public static IEnumerable<EnvFileEntry> ReadAll(string text)
    {
        var position = 0;
        while ((position = SkipToStatement(text, position)) < text.Length)
        {
            var name = NameAndSign().Match(text, position);
            var entry = !name.Success ? null
                : name.Groups["sign"].Length == 0 ? new(name.Groups["name"].Value, -1, 0, '\0')
                : ReadValue(text, name);
            if (entry is not null)
                yield return entry;
            position = entry is null or { IsInherited: true }
                ? LineEnd(text, position) : entry.Quote == '\0' ? LineEnd(text, entry.Start) : entry.Start + entry.Length + 1;
        }
    }

    /// <summary>The value as Compose reads it.</summary>
    public string Value(string text, Func<string, string?> lookup)
    {
        var bytes = Encoding.Latin1.GetBytes(text, Start, Length);
        var raw = Encoding.UTF8.GetString(bytes);
        return Quote switch
        {
            '\'' => raw.Replace("\\'", "'", StringComparison.Ordinal),
            '"' => Interpolation.Expand(Escape().Replace(raw, Unescape), lookup),
            _ => Interpolation.Expand(raw, lookup),
        };
    }

    private static int SkipToStatement(string text, int position)
    {
        while (position < text.Length && (text[position] == '#' || text[position] is ' ' or '\t' or '\r' or '\n' or '\v' or '\f'))
            position = text[position] == '#' ? LineEnd(text, position) : position + 1;
        return position;
    }

    private static int LineEnd(string text, int position)
    {
        var end = text.IndexOf('\n', position);
        return end < 0 ? text.Length : end;
    }

    private static EnvFileEntry? ReadValue(string text, Match name)
    {
        var start = name.Index + name.Length;
        var quote = start < text.Length && text[start] is '"' or '\'' ? text[start] : '\0';
        if (quote != '\0')
            return QuotedEnd(text, start + 1, quote) is var end and >= 0 ? new(name.Groups["name"].Value, start + 1, end - start - 1, quote) : null;
        return BareValue(text, start) is var length && length > 0 && text[start] == '#' && text[start - 1] is ' ' or '\t'
            // A comment where the value would be: the value is empty, and stands right behind the sign.
            ? new(name.Groups["name"].Value, name.Groups["sign"].Index + 1, 0, '\0')
            : new(name.Groups["name"].Value, start, length, '\0');
    }

    private static int BareValue(string text, int start)
    {
        var end = LineEnd(text, start);
        var comment = text.IndexOf(" #", start, end - start, StringComparison.Ordinal);
        return text.AsSpan(start, (comment < 0 ? end : comment) - start).TrimEnd(" \t\r\v\f").Length;
    }

    private static int QuotedEnd(string text, int start, char quote)
    {
        for (var index = start; index < text.Length; index++)
        {
            if (text[index] == quote)
                return index;
            if (text[index] == '\\')
                index++;
        }
        return -1;
    }

    private static string Unescape(Match match) => match.Value switch
    {
        @"\$" => "$$",
        @"\n" => "\n",
        @"\r" => "\r",
        @"\t" => "\t",
        @"\a" => "\a",
        @"\b" => "\b",
        @"\f" => "\f",
        @"\v" => "\v",
        ['\\', '0', .. var digits] => ((char)Convert.ToInt32("0" + digits, 8)).ToString(CultureInfo.InvariantCulture),
        var other => other[1..],
    };

    [GeneratedRegex(@"\G(?:export[ \t]+)?(?<name>[A-Za-z0-9_.\[\]-]+)[ \t]*(?:(?<sign>[=:])[ \t]*|(?=\r?(?:\n|\z)))", RegexOptions.ExplicitCapture)]
    private static partial Regex NameAndSign();

    [GeneratedRegex(@"\\(?:[abfnrtv$""\\]|0[0-7]{0,3})", RegexOptions.ExplicitCapture)]
    private static partial Regex Escape();
}
