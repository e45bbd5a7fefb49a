using System.Text;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What stays in a database that a dump is loaded into, and so must not be made once more.</summary>
/// <param name="Schemas">Schemas that are there, quoted where SQL needs it.</param>
/// <param name="ForeignSchemas">Those among them that belong to somebody else.</param>
/// <param name="ForeignExtensions">Extensions that belong to somebody else, quoted where SQL needs it.</param>
/// <param name="ForeignMembers">What belongs to extensions and to somebody else, as a grant names it.</param>
/// <param name="ForeignPublications">Publications that belong to somebody else, quoted where SQL needs it.</param>
/// <param name="LostRights">Grants that cannot be made: see <see cref="RestoreRights"/>.</param>
/// <remarks>In a new database nothing stays: see <see cref="None"/>.</remarks>
internal sealed record KeptObjects(
    IReadOnlyList<string> Schemas, IReadOnlyList<string> ForeignSchemas, IReadOnlyList<string> ForeignExtensions, IReadOnlyList<string> ForeignMembers,
    IReadOnlyList<string> ForeignPublications, IReadOnlySet<string> LostRights)
{
    /// <summary>In a new database only the schema public is there, and grants that cannot be made.</summary>
    public static KeptObjects None(IReadOnlySet<string> lostRights) => new([], [], [], [], [], lostRights);
}

/// <summary>Hands the SQL that <c>pg_restore</c> makes of a dump on, without the statements that cannot be made in a database in use.</summary>
/// <remarks>Rows pass as they are. Each statement that is left out is one line of pg_restore's.</remarks>
/// <param name="target">Where it goes.</param>
/// <param name="kept">What stays.</param>
/// <param name="searchPath">The <c>search_path</c> that takes the place of the empty one; null to leave that.</param>
/// <param name="backupPath">The dump. What no pg_dump writes is not handed on, and nothing after it: <c>BackupUnsafe</c>.</param>
internal sealed partial class DumpFilter(Stream target, KeptObjects kept, string backupPath, string? searchPath = null) : WriteOnlyStream
{
    private const int EndMarkLength = 3;
    private const string EmptyPath = "SELECT pg_catalog.set_config('search_path', '', false);";

    private readonly List<byte> _line = [];
    private readonly DumpStatements _statements = new();
    private bool _inRows;

    public override void Write(ReadOnlySpan<byte> buffer) => target.Write(Filter(buffer));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await target.WriteAsync(Filter(buffer.Span), cancellationToken).ConfigureAwait(false);

    private byte[] Filter(ReadOnlySpan<byte> buffer)
    {
        var passed = new List<byte>(buffer.Length);
        while (!buffer.IsEmpty)
        {
            var end = buffer.IndexOf((byte)'\n');
            var part = end < 0 ? buffer : buffer[..(end + 1)];
            buffer = buffer[part.Length..];
            if (_inRows)
                PassRow(part, passed);
            else
                PassStatement(part, passed);
        }
        return [.. passed];
    }

    // Of a row only its beginning is looked at: it may be as long as it likes.
    private void PassRow(ReadOnlySpan<byte> part, List<byte> passed)
    {
        passed.AddRange(part);
        var room = EndMarkLength + 1 - _line.Count;
        _line.AddRange(part.Length > room ? part[..room] : part);
        if (part[^1] != (byte)'\n')
            return;
        _inRows = _line is not [(byte)'\\', (byte)'.', (byte)'\n'];
        _line.Clear();
    }

    private void PassStatement(ReadOnlySpan<byte> part, List<byte> passed)
    {
        _line.AddRange(part);
        if (part[^1] != (byte)'\n')
            return;
        var text = Encoding.UTF8.GetString([.. _line]).TrimEnd('\n');
        var isFirst = _statements.IsBetween;
        _statements.Read(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line)[..^1]);
        var kind = _statements.EndLine(text);
        if (_statements.Foreign is { } foreign)
            throw Errors.BackupUnsafe(backupPath, foreign);
        _inRows = kind == ScriptLine.Rows;
        // The whole restore is one transaction: that around large objects would end it.
        if (isFirst && searchPath is not null && text == EmptyPath)
            passed.AddRange(Encoding.UTF8.GetBytes($"SELECT pg_catalog.set_config('search_path', {PostgresCatalog.Literal(searchPath)}, false);\n"));
        else if (kind != ScriptLine.Transaction && !(isFirst && LeavesOut(text)))
            passed.AddRange(_line);
        _line.Clear();
    }

    /// <summary>Whether a line is a statement for something that stays.</summary>
    private bool LeavesOut(string line)
    {
        if (line == "SET lock_timeout = 0;")
            return true; // Ours holds: nothing is to wait for another session without an end.
        if (!line.EndsWith(';'))
            return false;
        return kept.ForeignExtensions.Any(name => line.StartsWith($"COMMENT ON EXTENSION {name} IS ", StringComparison.Ordinal))
            || kept.Schemas.Any(name => line == $"CREATE SCHEMA {name};")
            || kept.ForeignSchemas.Any(name => ConcernsSchema(line, name))
            || kept.LostRights.Contains(line)
            || kept.ForeignPublications.Any(name => ConcernsPublication(line, name))
            || (GrantOn().Match(line) is { Success: true } grant && kept.ForeignMembers.Contains(grant.Groups["object"].Value));
    }

    private static bool ConcernsPublication(string line, string name) =>
        line.StartsWith($"CREATE PUBLICATION {name} ", StringComparison.Ordinal)
        || line.StartsWith($"ALTER PUBLICATION {name} ", StringComparison.Ordinal)
        || line.StartsWith($"COMMENT ON PUBLICATION {name} IS ", StringComparison.Ordinal);

    private static bool ConcernsSchema(string line, string name) =>
        line.StartsWith($"ALTER SCHEMA {name} OWNER TO ", StringComparison.Ordinal)
        || line.StartsWith($"COMMENT ON SCHEMA {name} IS ", StringComparison.Ordinal)
        || (Grant().Match(line) is { Success: true } grant && grant.Groups["schema"].Value == name);

    [GeneratedRegex(@"\A(?:GRANT|REVOKE) .+? ON (?<object>.+) (?:TO|FROM) [^ ]", RegexOptions.ExplicitCapture)]
    private static partial Regex GrantOn();

    [GeneratedRegex("""\A(?:GRANT|REVOKE) [A-Z, ]+ ON SCHEMA (?<schema>"(?:[^"]|"")+"|[^\s"]+) (?:TO|FROM) """, RegexOptions.ExplicitCapture)]
    private static partial Regex Grant();
}
