using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Reads the SQL that <c>pg_restore</c> makes of a dump as it flows by: rows of every table, the revision, the roles it needs.</summary>
/// <param name="withFingerprints">Whether the rows themselves are taken note of, which costs a hash of each.</param>
internal sealed partial class DumpScanner(bool withFingerprints = false) : WriteOnlyStream
{
    // A row may be as long as it likes; only its beginning is ever of interest.
    private const int Longest = 8192;

    private readonly List<byte> _line = [];
    private readonly Dictionary<string, long> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UInt128> _fingerprints = new(StringComparer.Ordinal);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly DumpStatements _statements = new();
    private readonly DumpRights _rights = new();
    private string? _table;
    private readonly Dictionary<string, List<string>> _versions = new(StringComparer.Ordinal);
    private List<string>? _version;

    /// <summary>The rows of every table.</summary>
    public IReadOnlyList<TableRows> Rows =>
        [.. _rows.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new TableRows { Table = entry.Key, Rows = entry.Value })];

    /// <summary>The sum of the hashes of every table's rows: the same rows have the same one in any order.</summary>
    public IReadOnlyDictionary<string, UInt128> Fingerprints => _fingerprints;

    /// <summary>The schema in which the application has its table <c>alembic_version</c>; null where that is not known.</summary>
    public string? VersionSchema { get; init; }

    /// <summary>The revision that the dump is known to be at; null where none is.</summary>
    public string? KnownRevision { get; init; }

    /// <summary>What the application's table <c>alembic_version</c> holds; other applications may have one of their own.</summary>
    public IReadOnlyList<string> Revisions => PostgresCatalog.RevisionsOf(_versions, VersionSchema, KnownRevision, fallback: "public");

    /// <summary>The roles that own something in it.</summary>
    public SortedSet<string> Owners { get; } = new(StringComparer.Ordinal);

    /// <summary>What it grants and revokes.</summary>
    public List<DumpRight> Rights { get; } = [];

    /// <summary>What it makes that only a superuser can make, as <c>kind name</c>, the name quoted where SQL needs it.</summary>
    public List<string> Privileged { get; } = [];

    /// <summary>The extensions that it needs.</summary>
    public List<string> Extensions { get; } = [];

    /// <summary>Whether a table's rows have begun and not ended.</summary>
    public bool IsInsideTable => _table is not null;

    /// <inheritdoc cref="DumpStatements.Foreign"/>
    public string? Foreign => _statements.Foreign;

    /// <summary>Bytes that have flowed by.</summary>
    public long Size { get; private set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Size += buffer.Length;
        while (buffer.IndexOf((byte)'\n') is var end && end >= 0)
        {
            Keep(buffer[..end]);
            EndLine();
            buffer = buffer[(end + 1)..];
        }
        Keep(buffer);
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_table is null)
            _statements.Read(part);
        else if (withFingerprints)
            _hash.AppendData(part);
        var room = Longest - _line.Count;
        _line.AddRange(part.Length > room ? part[..room] : part);
    }

    private void EndLine()
    {
        if (_table is null)
            ReadStatement();
        else if (_line is [(byte)'\\', (byte)'.'])
            EndTable();
        else
            ReadRow();
        _line.Clear();
    }

    private void EndTable()
    {
        _table = null;
        _hash.GetHashAndReset();
    }

    private void ReadRow()
    {
        _rows[_table!]++;
        if (withFingerprints)
            _fingerprints[_table!] += HashOfRow();
        _version?.Add(Encoding.UTF8.GetString([.. _line]).Split('\t')[0]);
    }

    // No array for each of millions of rows.
    private UInt128 HashOfRow()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private void ReadStatement()
    {
        var text = Encoding.UTF8.GetString([.. _line]);
        var kind = _statements.EndLine(text);
        if (_line.Count < 5 || _line[0] is not ((byte)'C' or (byte)'A' or (byte)'G' or (byte)'R' or (byte)'S'))
            return;
        if (kind == ScriptLine.Rows)
        {
            var copy = Copy().Match(text);
            var (schema, table) = (Unquote(copy.Groups["schema"].Value), Unquote(copy.Groups["table"].Value));
            _table = TableName(schema, table);
            _version = table == "alembic_version" ? _versions[schema] = [] : null;
            _rows.TryAdd(_table, 0);
            _fingerprints.TryAdd(_table, 0);
        }
        else if (_rights.Read(text) is { } right)
            Rights.Add(right);
        else if (OwnerOf().Match(text) is { Success: true } owner)
            Owners.Add(Unquote(owner.Groups["role"].Value));
        else if (OfSuperusers().Match(text) is { Success: true } made)
            Privileged.Add($"{made.Groups["kind"].Value.ToLowerInvariant()} {made.Groups["name"].Value}");
        else if (Extension().Match(text) is { Success: true } extension)
            Extensions.Add(Unquote(extension.Groups["name"].Value));
    }

    /// <summary>A table's name, with its schema where that is not the default one.</summary>
    public static string TableName(string schema, string table) => schema == "public" ? table : $"{schema}.{table}";

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }

    private static string Unquote(string name) => DumpRights.Unquote(name);

    [GeneratedRegex("""\ACOPY (?<schema>"(?:[^"]|"")+"|[^\s."]+)\.(?<table>"(?:[^"]|"")+"|[^\s("]+) """, RegexOptions.ExplicitCapture)]
    private static partial Regex Copy();

    [GeneratedRegex("""\ACREATE (?:(?<kind>EVENT TRIGGER|FOREIGN DATA WRAPPER|ACCESS METHOD|SUBSCRIPTION|OPERATOR CLASS|OPERATOR FAMILY|TEXT SEARCH PARSER|TEXT SEARCH TEMPLATE) (?<name>"(?:[^"]|"")+"|[^\s";]+)|(?<kind>PUBLICATION) (?<name>"(?:[^"]|"")+"|[^\s";]+) FOR ALL TABLES)""", RegexOptions.ExplicitCapture)]
    private static partial Regex OfSuperusers();

    [GeneratedRegex("""\ACREATE EXTENSION IF NOT EXISTS (?<name>"(?:[^"]|"")+"|[^\s";]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Extension();

    [GeneratedRegex("""\AALTER .* OWNER TO (?<role>"(?:[^"]|"")+"|[^\s;"]+);\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnerOf();
}
