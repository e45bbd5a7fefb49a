using System.Text;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>A Compose <c>.env</c> file of which one value changes and everything else stays: order, comments, quoting, line ends, byte order mark.</summary>
internal sealed partial class EnvFile
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];
    private readonly bool _hasMark;
    private readonly string _text;

    private EnvFile(bool hasMark, string text)
    {
        _hasMark = hasMark;
        _text = text;
    }

    /// <summary>From the file's bytes; null for a file that does not exist yet.</summary>
    public static EnvFile Read(byte[]? content)
    {
        var bytes = content ?? [];
        var hasMark = bytes.AsSpan().StartsWith(ByteOrderMark);
        // Latin-1 keeps every byte as it is, whatever the file's encoding.
        return new(hasMark, Encoding.Latin1.GetString(bytes, hasMark ? 3 : 0, bytes.Length - (hasMark ? 3 : 0)));
    }

    /// <summary>The value of a variable, the last one where there are several, as Compose reads it; null when it is not there.</summary>
    public string? this[string variable] => Find(variable)?.Groups["value"].Value;

    /// <summary>The file with the variable set. Where it is set several times, the last counts, and is changed.</summary>
    public EnvFile With(string variable, string value)
    {
        if (Find(variable) is { } found)
        {
            var group = found.Groups["value"];
            return new(_hasMark, string.Concat(_text.AsSpan(0, group.Index), value, _text.AsSpan(group.Index + group.Length)));
        }
        var lineEnd = _text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var separator = _text.Length == 0 || _text.EndsWith('\n') ? "" : lineEnd;
        return new(_hasMark, $"{_text}{separator}{variable}={value}{lineEnd}");
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => [.. _hasMark ? ByteOrderMark : [], .. Encoding.Latin1.GetBytes(_text)];

    private Match? Find(string variable) => Line().Matches(_text).LastOrDefault(match => match.Groups["name"].Value == variable);

    // compose-go dotenv: an optional "export", the name, = or :, and a value in single or double quotes, or bare up to " #".
    [GeneratedRegex(@"^[ \t]*(?:export[ \t]+)?(?<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:][ \t]*(?:""(?<value>(?:[^""\\\r\n]|\\.)*)""|'(?<value>[^'\r\n]*)'|(?<value>[^\r\n]*?))(?=[ \t]*(?:[ \t]\#[^\r\n]*)?\r?(?:\n|\z))", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
