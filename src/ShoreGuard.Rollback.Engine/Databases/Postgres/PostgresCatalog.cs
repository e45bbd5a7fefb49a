using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What a server says about a database.</summary>
internal static class PostgresCatalog
{
    /// <summary>The end of a query for all tables that a dump holds; those of extensions are not dumped.</summary>
    public const string Tables = $"{AnyTables} AND c.relkind = 'r'";

    /// <summary>As <see cref="Tables"/>, of every kind of relation.</summary>
    public const string AnyTables = """
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        """;

    /// <summary>The server's major version.</summary>
    public static int Major(NpgsqlConnection connection) => connection.PostgreSqlVersion.Major;

    /// <summary>A name as SQL writes it.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text as SQL writes it.</summary>
    public static string Literal(string text) =>
        text.Contains('\\', StringComparison.Ordinal)
            ? $"E'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'"
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Runs a statement.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The rows of a query.</summary>
    public static async Task<List<T>> QueryAsync<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellation, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            rows.Add(read(reader));
        return rows;
    }

    /// <summary>The schema of the table <c>alembic_version</c> that the role's <c>search_path</c> finds, which is the one that Alembic reads; null
    /// when it finds none.</summary>
    public static async Task<string?> VersionSchemaAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await TablesAsync(connection, " AND c.oid = to_regclass('alembic_version')", cancellation).ConfigureAwait(false))
            .Select(each => each.Schema).FirstOrDefault();

    /// <summary>The session's <c>search_path</c>, and behind it every schema that it does not name.</summary>
    public static async Task<string> SearchPathAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await QueryAsync(connection, """
            SELECT concat_ws(', ', nullif(current_setting('search_path'), ''), (SELECT string_agg(quote_ident(nspname), ', ' ORDER BY nspname) FROM pg_namespace
                WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' AND nspname <> ALL (current_schemas(false))))
            """, row => row.GetString(0), cancellation).ConfigureAwait(false))[0];

    /// <summary>What every table <c>alembic_version</c> holds, by its schema.</summary>
    public static async Task<IReadOnlyDictionary<string, List<string>>> VersionsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var versions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (schema, table) in await TablesAsync(connection, " AND c.relname = 'alembic_version'", cancellation).ConfigureAwait(false))
            versions[schema] = await QueryAsync(connection, $"SELECT version_num FROM {Quote(schema)}.{Quote(table)}", row => row.GetString(0), cancellation)
                .ConfigureAwait(false);
        return versions;
    }

    /// <summary>The application's revisions among those of all that keep some in the database.</summary>
    /// <param name="versions">What every table <c>alembic_version</c> holds, by its schema.</param>
    /// <param name="schema">The application's schema; null where that is not known.</param>
    /// <param name="known">The revision that the application is known to be at; null where none is.</param>
    /// <param name="fallback">The schema that is taken where nothing else tells.</param>
    /// <returns>All of them where nothing tells which are the application's.</returns>
    public static IReadOnlyList<string> RevisionsOf(
        IReadOnlyDictionary<string, List<string>> versions, string? schema, string? known = null, string? fallback = null)
    {
        if (schema is not null && versions.TryGetValue(schema, out var own))
            return own;
        if (versions.Count > 1 && known is not null && versions.Values.Any(each => each is [var revision] && revision == known))
            return [known];
        return versions.Count > 1 && fallback is not null && versions.TryGetValue(fallback, out var usual)
            ? usual : [.. versions.Values.SelectMany(each => each)];
    }

    /// <summary>Revision and rows; null when it is not a ShoreGuard database.</summary>
    public static async Task<DatabaseContents?> TryDescribeAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await RevisionsAsync(connection, cancellation).ConfigureAwait(false) is [_]
            ? await DescribeAsync(connection, cancellation).ConfigureAwait(false) : null;

    /// <summary>Revision and rows of any database.</summary>
    public static async Task<DatabaseContents> DescribeAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        new(RevisionOf(await RevisionsAsync(connection, cancellation).ConfigureAwait(false)), await CountAsync(connection, cancellation).ConfigureAwait(false));

    /// <summary>Revision and rows of a copy, which has the settings of the original not yet.</summary>
    /// <param name="connection">A session in it.</param>
    /// <param name="schema">The application's schema in the original; null where that is not known.</param>
    /// <param name="known">The revision that it should be at.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<DatabaseContents> DescribeCopyAsync(NpgsqlConnection connection, string? schema, string? known, CancellationToken cancellation) =>
        new(RevisionOf(RevisionsOf(await VersionsAsync(connection, cancellation).ConfigureAwait(false), schema, known)),
            await CountAsync(connection, cancellation).ConfigureAwait(false));

    /// <summary>The revision that there is when there is one; null else.</summary>
    public static string? RevisionOf(IReadOnlyList<string> revisions) => revisions is [var revision] ? revision : null;

    /// <summary>What the application's table <c>alembic_version</c> holds.</summary>
    public static async Task<IReadOnlyList<string>> RevisionsAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        RevisionsOf(await VersionsAsync(connection, cancellation).ConfigureAwait(false),
            await VersionSchemaAsync(connection, cancellation).ConfigureAwait(false));

    /// <summary>The rows of every table.</summary>
    public static async Task<IReadOnlyList<TableRows>> CountAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var rows = new List<TableRows>();
        foreach (var (schema, table) in await TablesAsync(connection, "", cancellation).ConfigureAwait(false))
        {
            var count = await QueryAsync(connection, $"SELECT count(*) FROM ONLY {Quote(schema)}.{Quote(table)}", row => row.GetInt64(0), cancellation)
                .ConfigureAwait(false);
            rows.Add(new TableRows { Table = DumpScanner.TableName(schema, table), Rows = count[0] });
        }
        return [.. rows.OrderBy(table => table.Table, StringComparer.Ordinal)];
    }

    /// <summary>The server's transaction that is next, with its epoch: every row that is written from now on bears a later one.</summary>
    public static async Task<string> NextTransactionAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await QueryAsync(connection, "SELECT txid_snapshot_xmax(txid_current_snapshot())::text", row => row.GetString(0), cancellation)
            .ConfigureAwait(false))[0];

    /// <summary>The tables with rows that were written by a transaction or a later one.</summary>
    /// <remarks>A row's <c>xmin</c> has 32 bits, which begin again: it counts when it lies between the two. Some may have begun since the look at the
    /// clock.</remarks>
    public static async Task<IReadOnlySet<string>> FindWrittenAsync(NpgsqlConnection connection, long first, CancellationToken cancellation)
    {
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (schema, table) in await TablesAsync(connection, "", cancellation).ConfigureAwait(false))
        {
            var found = await QueryAsync(connection, $"""
                SELECT EXISTS (SELECT FROM ONLY {Quote(schema)}.{Quote(table)}
                WHERE ((xmin::text::bigint - $1) & 4294967295) <= txid_snapshot_xmax(txid_current_snapshot()) - $1 + 1000000)
                """, row => row.GetBoolean(0), cancellation, first).ConfigureAwait(false);
            if (found[0])
                written.Add(DumpScanner.TableName(schema, table));
        }
        return written;
    }

    /// <summary>The tables for which a condition, which begins with AND, holds.</summary>
    public static Task<List<(string Schema, string Table)>> TablesAsync(NpgsqlConnection connection, string condition, CancellationToken cancellation) =>
        QueryAsync(connection, $"SELECT n.nspname, c.relname {Tables}{condition}", row => (row.GetString(0), row.GetString(1)), cancellation);

    /// <summary>Who else is logged in to a database, each as <c>application (client)</c>; and what holds its locks without being logged in, a
    /// prepared transaction.</summary>
    /// <remarks>
    /// Of another role's session the server hides everything but role and process, even what kind of process it is. What the server itself ends
    /// when a database is to be renamed is left out (<c>CountOtherDBBackends</c>); consumers of replication slots and background workers it does not.
    /// </remarks>
    public static Task<List<string>> SessionsAsync(
        NpgsqlConnection connection, string database, CancellationToken cancellation, string condition = "", bool withPrepared = true) =>
        QueryAsync(connection, $"""
            SELECT CASE WHEN backend_type NOT IN ('client backend', 'walsender') THEN backend_type || ' ' ELSE '' END || coalesce(nullif(application_name, ''), 'unnamed') || ' (' || coalesce(usename, '?') || ' from ' || coalesce(host(client_addr), 'an unknown client') || ', process ' || pid || ')'
            FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND usename IS NOT NULL AND coalesce(backend_type, '') NOT IN ('autovacuum worker', 'parallel worker') {condition}
            UNION ALL SELECT 'the prepared transaction ' || quote_literal(gid) || ' (' || owner || ', to be ended by ROLLBACK PREPARED or COMMIT PREPARED)' FROM pg_prepared_xacts WHERE database = $1{(withPrepared ? "" : " AND false")}
            """, row => row.GetString(0), cancellation, database);

    /// <summary>As <see cref="SessionsAsync"/>, without those that are about to end: a server lists one for a moment after its client has gone.</summary>
    /// <remarks>PostgreSQL itself waits five seconds for them before it refuses to rename a database (<c>CountOtherDBBackends</c>).</remarks>
    public static async Task<List<string>> LastingSessionsAsync(
        NpgsqlConnection connection, string database, CancellationToken cancellation, string condition = "")
    {
        for (var attempt = 1; ; attempt++)
        {
            var sessions = await SessionsAsync(connection, database, cancellation, condition).ConfigureAwait(false);
            if (sessions.Count == 0 || attempt == 10)
                return sessions;
            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a database has tables, and none of them is Alembic's.</summary>
    public static async Task<bool> IsForeignAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await TablesAsync(connection, "", cancellation).ConfigureAwait(false) is { Count: > 0 } tables && tables.All(each => each.Table != "alembic_version");

    /// <summary>The end of the name under which a replaced database is kept.</summary>
    public static string KeptSuffix() => $"_before_{BackupFile.Stamp(DateTimeOffset.UtcNow).ToLowerInvariant()}";

    /// <summary>The databases that restores have kept of one.</summary>
    public static Task<List<string>> KeptAsync(NpgsqlConnection connection, string database, CancellationToken cancellation) =>
        QueryAsync(connection, "SELECT datname FROM pg_database WHERE starts_with(datname, $1 || '_before_') ORDER BY datname", row =>
            row.GetString(0), cancellation, Cut(database, 63 - KeptSuffix().Length));

    /// <summary>Whether there is a database of this name.</summary>
    public static async Task<bool> ExistsAsync(NpgsqlConnection connection, string database, CancellationToken cancellation) =>
        (await QueryAsync(connection, "SELECT 1 FROM pg_database WHERE datname = $1", _ => true, cancellation, database).ConfigureAwait(false)).Count > 0;

    /// <summary>A name for another database that nothing has yet. PostgreSQL cuts names at 63 bytes, so the base is cut first.</summary>
    public static async Task<string> FreeNameAsync(NpgsqlConnection connection, string database, string suffix, CancellationToken cancellation)
    {
        for (var number = 1; ; number++)
        {
            var end = number == 1 ? suffix : $"{suffix}_{number}";
            var name = Cut(database, 63 - end.Length) + end;
            if (!await ExistsAsync(connection, name, cancellation).ConfigureAwait(false))
                return name;
        }
    }

    /// <summary>The longest beginning of a name that has at most so many bytes.</summary>
    internal static string Cut(string name, int bytes)
    {
        while (System.Text.Encoding.UTF8.GetByteCount(name) > bytes)
            name = name[..^(name.Length > 1 && char.IsLowSurrogate(name[^1]) ? 2 : 1)];
        return name;
    }
}
