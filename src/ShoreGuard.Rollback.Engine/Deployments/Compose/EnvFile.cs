using System.Text;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>A Compose <c>.env</c> file of which one value changes and everything else stays: order, comments, quoting, line ends, byte order mark.</summary>
internal sealed class EnvFile
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];
    private readonly bool _hasMark;
    private readonly string _text;
    private readonly List<EnvFileEntry> _entries;

    private EnvFile(bool hasMark, string text)
    {
        _hasMark = hasMark;
        _text = text;
        _entries = [.. EnvFileEntry.ReadAll(text)];
    }

    /// <summary>From the file's bytes; null for a file that does not exist yet.</summary>
    public static EnvFile Read(byte[]? content)
    {
        var bytes = content ?? [];
        var hasMark = bytes.AsSpan().StartsWith(ByteOrderMark);
        // Latin-1 keeps every byte as it is, whatever the file's encoding.
        return new(hasMark, Encoding.Latin1.GetString(bytes, hasMark ? 3 : 0, bytes.Length - (hasMark ? 3 : 0)));
    }

    /// <summary>The names of its variables, those without a value too.</summary>
    public IEnumerable<string> Names => _entries.Select(entry => entry.Name);

    /// <summary>The text of a variable's value, without its quotes, the last one where there are several; null when it is not there.</summary>
    public string? this[string variable] => Find(variable) is { } entry ? _text.Substring(entry.Start, entry.Length) : null;

    /// <summary>The variables as Compose reads them.</summary>
    /// <param name="lookup">What is known from elsewhere; it beats the file's own in what the values refer to.</param>
    /// <exception cref="FormatException">A value refers to a variable that has to be set and is not.</exception>
    public IReadOnlyDictionary<string, string> Values(Func<string, string?> lookup)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in _entries)
        {
            var value = entry.IsInherited ? lookup(entry.Name) : entry.Value(_text, name => lookup(name) ?? values.GetValueOrDefault(name));
            if (value is not null)
                values[entry.Name] = value;
        }
        return values;
    }

    /// <summary>The file with the variable set. Where it is set several times, the last counts, and is changed.</summary>
    public EnvFile With(string variable, string value)
    {
        if (Find(variable) is { } entry)
            return new(_hasMark, string.Concat(_text.AsSpan(0, entry.Start), value, _text.AsSpan(entry.Start + entry.Length)));
        var lineEnd = _text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var separator = _text.Length == 0 || _text.EndsWith('\n') ? "" : lineEnd;
        return new(_hasMark, $"{_text}{separator}{variable}={value}{lineEnd}");
    }

    /// <summary>The file without the line that <see cref="With"/> has added for a variable; as it is when the variable is not there.</summary>
    public EnvFile Without(string variable)
    {
        if (Find(variable) is not { } entry)
            return this;
        var start = entry.Start == 0 ? 0 : _text.LastIndexOf('\n', entry.Start - 1) + 1;
        var end = _text.IndexOf('\n', entry.Start + entry.Length);
        return new(_hasMark, string.Concat(_text.AsSpan(0, start), end < 0 ? "" : _text.AsSpan(end + 1)));
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => [.. _hasMark ? ByteOrderMark : [], .. Encoding.Latin1.GetBytes(_text)];

    private EnvFileEntry? Find(string variable) => _entries.LastOrDefault(entry => entry.Name == variable && !entry.IsInherited);
}
