using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A dump's list of contents, as <c>pg_restore --list</c> prints it.</summary>
internal sealed partial class DumpList
{
    private readonly HashSet<string> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _beginnings = new(StringComparer.Ordinal);

    /// <summary>Reads it.</summary>
    /// <param name="text">What the tool printed.</param>
    public static DumpList Parse(string text)
    {
        var list = new DumpList();
        foreach (var match in text.Split('\n').Select(line => Entry().Match(line)).Where(match => match.Success))
            list.Add(match.Groups["entry"].Value);
        return list;
    }

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>Why it cannot be a whole backup, as the end of a sentence; null where its list does not say so.</summary>
    public string? Fault
    {
        get
        {
            var loose = _entries.Where(entry => entry.StartsWith(Rows, StringComparison.Ordinal) && !_entries.Contains(Table + entry[Rows.Length..])).ToList();
            if (loose.Count > 0)
                return $"it has rows without the table they belong to (--data-only, or another option that leaves something out): {loose.Count} tables";
            return _entries.Any(entry => entry.StartsWith(Table, StringComparison.Ordinal))
                && !_entries.Any(entry => entry.StartsWith(Rows, StringComparison.Ordinal))
                ? "it has tables and no rows (--schema-only, or another option that leaves something out)"
                : null;
        }
    }

    private const string Table = "TABLE ";
    private const string Rows = "TABLE DATA ";

    /// <summary>Whether it has an entry.</summary>
    /// <param name="entry">Kind, schema and name, as the list has them; an owner follows there.</param>
    public bool Has(string entry) => _beginnings.Contains(entry);

    // Names may have spaces, so an entry counts for each of its beginnings.
    private void Add(string entry)
    {
        Count++;
        _entries.Add(entry);
        for (var at = entry.IndexOf(' ', StringComparison.Ordinal); at >= 0; at = entry.IndexOf(' ', at + 1))
            _beginnings.Add(entry[..at]);
        _beginnings.Add(entry);
    }

    // Number of the entry, and the catalog's numbers of what it describes.
    [GeneratedRegex(@"\A\d+; \d+ \d+ (?<entry>.+)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Entry();
}
