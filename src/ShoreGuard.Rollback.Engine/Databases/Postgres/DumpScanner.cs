using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

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
    private string? _table;
    private bool _isVersionTable;

    /// <summary>The rows of every table.</summary>
    public IReadOnlyList<TableRows> Rows => [.. _rows.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new TableRows { Table = entry.Key, Rows = entry.Value })];

    /// <summary>The sum of the hashes of every table's rows: the same rows have the same one in any order.</summary>
    public IReadOnlyDictionary<string, UInt128> Fingerprints => _fingerprints;

    /// <summary>What the tables <c>alembic_version</c> hold.</summary>
    public List<string> Revisions { get; } = [];

    /// <summary>The roles that own something in it or have been granted something.</summary>
    public SortedSet<string> Roles { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a table's rows have begun and not ended.</summary>
    public bool IsInsideTable => _table is not null;

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
        if (withFingerprints && _table is not null)
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
        if (_isVersionTable)
            Revisions.Add(Encoding.UTF8.GetString([.. _line]).Split('\t')[0]);
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
        if (_line.Count < 5 || _line[0] is not ((byte)'C' or (byte)'A' or (byte)'G' or (byte)'R'))
            return;
        var text = Encoding.UTF8.GetString([.. _line]);
        if (Copy().Match(text) is { Success: true } copy)
        {
            var (schema, table) = (Unquote(copy.Groups["schema"].Value), Unquote(copy.Groups["table"].Value));
            _table = TableName(schema, table);
            _isVersionTable = table == "alembic_version";
            _rows.TryAdd(_table, 0);
            _fingerprints.TryAdd(_table, 0);
        }
        else
        {
            TakeRole(Role().Match(text));
            TakeRole(DefaultsOf().Match(text));
        }
    }

    private void TakeRole(Match match)
    {
        if (match.Success && match.Groups["role"].Value is var role and not ("PUBLIC" or "CURRENT_USER"))
            Roles.Add(Unquote(role));
    }

    /// <summary>A table's name, with its schema where that is not the default one.</summary>
    public static string TableName(string schema, string table) => schema == "public" ? table : $"{schema}.{table}";

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }

    private static string Unquote(string name) => name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;

    [GeneratedRegex("""\ACOPY (?<schema>"(?:[^"]|"")+"|[^\s."]+)\.(?<table>"(?:[^"]|"")+"|[^\s("]+) .*FROM stdin;\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Copy();

    [GeneratedRegex("""\A(?:ALTER .* OWNER TO|(?:ALTER DEFAULT PRIVILEGES .* )?(?:GRANT .* TO|REVOKE .* FROM)) (?<role>"(?:[^"]|"")+"|[^\s;"]+)(?: WITH GRANT OPTION)?;\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Role();

    [GeneratedRegex("""\AALTER DEFAULT PRIVILEGES FOR ROLE (?<role>"(?:[^"]|"")+"|[^\s"]+) """, RegexOptions.ExplicitCapture)]
    private static partial Regex DefaultsOf();
}
