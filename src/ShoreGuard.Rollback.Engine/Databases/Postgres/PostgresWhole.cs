using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Holds a dump's list of contents against the database it is of: what was left out of it, or did not exist yet.</summary>
internal static class PostgresWhole
{
    // As pg_dump takes them: what belongs to extensions, and what a partition has from its parent, has no entry of its own.
    private const string Expected = $"""
        WITH tables AS (SELECT c.oid, c.relkind, n.nspname, c.relname {PostgresCatalog.AnyTables} AND c.relkind IN ('r', 'p'))
        SELECT 'TABLE ' || nspname || ' ' || relname AS entry, 'table ' || relname AS name FROM tables
        UNION ALL SELECT 'TABLE DATA ' || nspname || ' ' || relname, 'rows of ' || relname FROM tables WHERE relkind = 'r'
        UNION ALL SELECT CASE k.contype WHEN 'f' THEN 'FK ' ELSE '' END || 'CONSTRAINT ' || nspname || ' ' || relname || ' ' || k.conname,
                CASE k.contype WHEN 'f' THEN 'foreign key ' WHEN 'p' THEN 'primary key ' ELSE 'constraint ' END || k.conname
            FROM tables JOIN pg_constraint k ON k.conrelid = tables.oid WHERE k.contype IN ('p', 'u', 'x', 'f') AND k.conparentid = 0
        UNION ALL SELECT 'INDEX ' || nspname || ' ' || i.relname, 'index ' || i.relname
            FROM tables JOIN pg_index x ON x.indrelid = tables.oid JOIN pg_class i ON i.oid = x.indexrelid
            WHERE x.indisvalid AND NOT i.relispartition AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
        """;

    private const int Shown = 5;

    /// <summary>The check of it.</summary>
    public const string CheckName = "backup: tables, keys and indexes of the database";

    /// <summary>What the database has and the dump has not, for people; null when there is nothing.</summary>
    public static async Task<string?> FindMissingAsync(NpgsqlConnection connection, DumpList list, CancellationToken cancellation)
    {
        // The list has each entry in one line.
        var expected = await PostgresCatalog.QueryAsync(
            connection, $"SELECT translate(entry, E'\\n\\r', '  '), name FROM ({Expected}) e ORDER BY entry LIKE 'TABLE%' DESC, entry", row =>
            (Entry: row.GetString(0), Name: row.GetString(1)), cancellation).ConfigureAwait(false);
        var missing = expected.Where(each => !list.Has(each.Entry)).Select(each => each.Name).ToList();
        return missing.Count == 0 ? null : string.Join(", ", missing.Take(Shown)) + (missing.Count > Shown ? $" and {missing.Count - Shown} more" : "");
    }
}
