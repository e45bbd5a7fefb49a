using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Reads the schema of a database at any number of revisions.</summary>
internal static class PostgresSchema
{
    /// <summary>What <c>alembic_version</c> names.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseForeign</c>.</exception>
    public static async Task<IReadOnlyList<string>> ReadRevisionsAsync(NpgsqlConnection connection, string name, CancellationToken cancellation)
    {
        var tables = await PostgresCatalog.TablesAsync(connection, " AND c.relname = 'alembic_version'", cancellation).ConfigureAwait(false);
        if (tables.Count == 0)
            throw Errors.DatabaseForeign(name, "it has no table alembic_version, so it is another application's");
        return [.. (await PostgresCatalog.RevisionsAsync(connection, cancellation).ConfigureAwait(false)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Revisions, rows, and the values of columns.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseForeign</c>.</exception>
    public static async Task<SchemaContents> ReadAsync(
        NpgsqlConnection connection, string name, IReadOnlyList<TableColumn> columns, CancellationToken cancellation)
    {
        var revisions = await ReadRevisionsAsync(connection, name, cancellation).ConfigureAwait(false);
        var rows = await PostgresCatalog.CountAsync(connection, cancellation).ConfigureAwait(false);
        var values = new Dictionary<TableColumn, long>();
        foreach (var (schema, table) in await PostgresCatalog.TablesAsync(connection, "", cancellation).ConfigureAwait(false))
        {
            foreach (var wanted in columns.Where(column => column.Table == DumpScanner.TableName(schema, table)))
            {
                if (await CountValuesAsync(connection, schema, table, wanted.Column, cancellation).ConfigureAwait(false) is { } count)
                    values[wanted] = count;
            }
        }
        return new(revisions, rows, values);
    }

    private static async Task<long?> CountValuesAsync(NpgsqlConnection connection, string schema, string table, string column, CancellationToken cancellation)
    {
        var there = await PostgresCatalog.QueryAsync(connection, """
            SELECT 1 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND NOT a.attisdropped
            """, _ => true, cancellation, schema, table, column).ConfigureAwait(false);
        if (there.Count == 0)
            return null;
        var sql = $"SELECT count({PostgresCatalog.Quote(column)}) FROM ONLY {PostgresCatalog.Quote(schema)}.{PostgresCatalog.Quote(table)}";
        return (await PostgresCatalog.QueryAsync(connection, sql, row => row.GetInt64(0), cancellation).ConfigureAwait(false))[0];
    }
}
