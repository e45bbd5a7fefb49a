using System.Diagnostics;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>What is said when a SQLite file turns out not to be good. The same proof is made of backups, copies and databases.</summary>
internal sealed record SqliteVerdicts(Func<ShoreGuardException> Empty, Func<string, ShoreGuardException> Foreign,
    Func<string, Exception?, ShoreGuardException> Damaged, Func<string, ShoreGuardException>? Dangling = null);

/// <summary>Proves a SQLite file that nobody writes: header, length, pages, references, revision, rows.</summary>
internal static class SqliteProof
{
    /// <summary>Makes every proof.</summary>
    /// <param name="path">The file.</param>
    /// <param name="label">Begins the name of each check, so that those of a backup and those of its copy differ.</param>
    /// <param name="verdicts">What to throw.</param>
    /// <param name="checks">Where each proof is noted.</param>
    /// <param name="danglingAllowed">Whether rows that refer to nothing are noted instead of refused.</param>
    /// <param name="cancellation">Stops the proof.</param>
    public static DatabaseContents Prove(
        string path, string label, SqliteVerdicts verdicts, CheckRecorder checks, bool danglingAllowed, CancellationToken cancellation)
    {
        checks.Run($"{label}: header and length", () => (true, ReadHeader(path, verdicts)));
        try
        {
            using var connection = Open(path);
            var unknown = SqliteUnknown.Find(connection, cancellation);
            // References and rows are read by another processor meanwhile.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var reading = Task.Run(() => ReadAll(path, unknown, stop.Token), CancellationToken.None);
            try
            {
                checks.Run($"{label}: quick_check", () => (true, Check(connection, "quick_check", unknown, verdicts, cancellation)));
            }
            catch
            {
                stop.Cancel();
                ((IAsyncResult)reading).AsyncWaitHandle.WaitOne();
                throw;
            }
            var (rows, dangling, took) = reading.GetAwaiter().GetResult();
            CheckReferences(dangling, took, label, verdicts, checks, danglingAllowed);
            if (unknown.Count > 0)
                checks.Note(Unchecked(connection, unknown, cancellation));
            return new(checks.Run($"{label}: revision", () => (ReadRevision(connection, verdicts), ReadRevision(connection, verdicts))), rows);
        }
        catch (SqliteException error) when (SqliteFile.IsDamage(error))
        {
            throw verdicts.Damaged(error.Message, error);
        }
    }

    /// <summary>Reads what is in a file whose SHA-256 says that it is the one that held every proof before: they would find the same again.</summary>
    public static DatabaseContents Derive(string path, string label, SqliteVerdicts verdicts, CheckRecorder checks, CancellationToken cancellation)
    {
        checks.Run($"{label}: header and length", () => (true, ReadHeader(path, verdicts)));
        checks.Add($"{label}: quick_check, foreign_key_check", true, "derived: they held when it was made, and its SHA-256 says that it is that file",
            TimeSpan.Zero);
        try
        {
            using var connection = Open(path);
            return new(checks.Run($"{label}: revision", () => (ReadRevision(connection, verdicts), ReadRevision(connection, verdicts))),
                CountRows(connection, cancellation));
        }
        catch (SqliteException error) when (SqliteFile.IsDamage(error))
        {
            throw verdicts.Damaged(error.Message, error);
        }
    }

    /// <summary>The revision of a backup, without any proof.</summary>
    public static string ReadRevision(string path)
    {
        using var connection = SqliteFile.OpenImmutable(path);
        return ReadRevision(connection, SqliteRestoreChecks.SourceVerdicts(path));
    }

    /// <summary>Revision and rows, without any proof.</summary>
    public static DatabaseContents Describe(SqliteConnection connection, SqliteVerdicts verdicts, CancellationToken cancellation) =>
        new(ReadRevision(connection, verdicts), CountRows(connection, cancellation));

    private static string ReadHeader(string path, SqliteVerdicts verdicts)
    {
        if (new FileInfo(path).Length == 0)
            throw verdicts.Empty();
        var header = SqliteHeader.TryRead(path) ?? throw verdicts.Foreign("it does not begin as a SQLite file does");
        if (header.IsTruncated)
            throw verdicts.Damaged(
                $"it is cut off: {header.FileSize} bytes of {header.ExpectedSize ?? (header.FileSize / header.PageSize + 1) * header.PageSize}", null);
        return $"{header.FileSize} bytes in pages of {header.PageSize}";
    }

    private static string Unchecked(SqliteConnection connection, IReadOnlyCollection<string> unknown, CancellationToken cancellation) =>
        $"Not checked were the indexes and references "
            + $"of {string.Join(", ", SqliteUnknown.TablesThatUse(connection, unknown, cancellation).Order(StringComparer.Ordinal))}: they need "
            + $"{string.Join(", ", unknown.Order(StringComparer.Ordinal))}, a collation or function that the application registers itself. Their rows were "
                + "read.";

    /// <summary>Checks pages, and indexes where that is asked, of all tables that need nothing of the application's own.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="pragma"><c>quick_check</c> or <c>integrity_check</c>.</param>
    /// <param name="unknown">The collations and functions that have stand-ins.</param>
    /// <param name="verdicts">What to throw.</param>
    /// <param name="cancellation">Stops it.</param>
    public static string Check(
        SqliteConnection connection, string pragma, IReadOnlyCollection<string> unknown, SqliteVerdicts verdicts, CancellationToken cancellation)
    {
        if (unknown.Count == 0)
            return Sound(SqliteFile.Query(connection, $"PRAGMA {pragma}(10)", row => row.GetString(0), cancellation), verdicts);
        var users = SqliteUnknown.TablesThatUse(connection, unknown, cancellation);
        var tables = SqliteFile.Query(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'", row => row.GetString(0), cancellation)
            .Where(table => !users.Contains(table));
        foreach (var table in tables)
            Sound(SqliteFile.Query(connection, $"PRAGMA {pragma}({SqliteFile.Quote(table)})", row => row.GetString(0), cancellation), verdicts);
        // Their rows are read to the end all the same.
        foreach (var table in users)
            SqliteFile.Query(connection, $"SELECT count(*) FROM {SqliteFile.Quote(table)} NOT INDEXED", row => row.GetInt64(0), cancellation);
        return $"ok but for {string.Join(", ", users.Order(StringComparer.Ordinal))}";
    }

    private static string Sound(List<string> findings, SqliteVerdicts verdicts)
    {
        return findings is ["ok"] ? "ok" : throw verdicts.Damaged(string.Join("; ", findings.Select(text => text.ReplaceLineEndings(" ").Trim())), null);
    }

    private static (List<TableRows> Rows, string? Dangling, TimeSpan Took) ReadAll(
        string path, IReadOnlyCollection<string> unknown, CancellationToken cancellation)
    {
        using var connection = Open(path);
        var clock = Stopwatch.StartNew();
        List<string> Dangling(string check) => SqliteFile.Query(connection, $"SELECT \"table\", \"parent\", count(*) FROM {check} GROUP BY 1, 2",
            row => $"{row.GetInt64(2)} rows of {row.GetString(0)} refer to missing rows of {row.GetString(1)}", cancellation);
        var dangling = unknown.Count == 0 ? Dangling("pragma_foreign_key_check")
            : [.. Comparable(connection, unknown, cancellation).SelectMany(table => Dangling($"pragma_foreign_key_check({Literal(table)})"))];
        var took = clock.Elapsed;
        return (CountRows(connection, cancellation), dangling.Count == 0 ? null : string.Join("; ", dangling), took);
    }

    // Those whose references can be followed: neither they nor what they refer to is in an order that is not known here.
    private static List<string> Comparable(SqliteConnection connection, IReadOnlyCollection<string> unknown, CancellationToken cancellation)
    {
        var users = SqliteUnknown.TablesThatUse(connection, unknown, cancellation);
        var tables = SqliteFile.Query(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'", row => row.GetString(0), cancellation);
        return [.. tables.Where(table => !users.Contains(table)
            && !SqliteFile.Query(connection, $"SELECT \"table\" FROM pragma_foreign_key_list({Literal(table)})", row => row.GetString(0), cancellation)
                .Any(users.Contains))];
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static void CheckReferences(string? dangling, TimeSpan took, string label, SqliteVerdicts verdicts, CheckRecorder checks, bool danglingAllowed)
    {
        checks.Add($"{label}: foreign_key_check", dangling is null, dangling, took);
        if (dangling is not null && !danglingAllowed)
            throw verdicts.Dangling?.Invoke(dangling) ?? verdicts.Damaged(dangling, null);
    }

    // Memory-mapped reading would be faster, but a disk that fails in it kills the process instead of giving an error.
    private static SqliteConnection Open(string path)
    {
        var connection = SqliteFile.OpenImmutable(path);
        try
        {
            SqliteFile.Execute(connection, "PRAGMA cache_size = -16384");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What <c>alembic_version</c> names, without any proof.</summary>
    public static IReadOnlyList<string> ReadRevisions(SqliteConnection connection, SqliteVerdicts verdicts) =>
        SqliteFile.Query(connection, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'alembic_version'", _ => true).Count > 0
            ? SqliteFile.Query(connection, "SELECT version_num FROM alembic_version ORDER BY 1", row => row.GetString(0))
            : throw verdicts.Foreign("it has no table alembic_version, so it is another application's");

    /// <summary>Revisions, rows, and the values of columns, without any proof.</summary>
    public static SchemaContents ReadSchema(
        SqliteConnection connection, IReadOnlyList<TableColumn> columns, SqliteVerdicts verdicts, CancellationToken cancellation)
    {
        var values = new Dictionary<TableColumn, long>();
        foreach (var column in columns)
        {
            // A name in quotes that is no column would be a text to SQLite, and count.
            var there = SqliteFile.Query(connection, $"PRAGMA table_info({SqliteFile.Quote(column.Table)})", row => row.GetString(1), cancellation);
            if (there.Contains(column.Column, StringComparer.OrdinalIgnoreCase))
                values[column] = SqliteFile.Query(connection, $"SELECT count({SqliteFile.Quote(column.Column)}) FROM {SqliteFile.Quote(column.Table)}", row =>
                    row.GetInt64(0), cancellation)[0];
        }
        return new(ReadRevisions(connection, verdicts), CountRows(connection, cancellation), values);
    }

    private static string ReadRevision(SqliteConnection connection, SqliteVerdicts verdicts) =>
        ReadRevisions(connection, verdicts) switch
        {
            [var revision] => revision,
            [] => throw verdicts.Foreign("its table alembic_version is empty, so no migration has ever run"),
            var several => throw verdicts.Foreign($"its table alembic_version names {several.Count} revisions"),
        };

    /// <summary>The tables that hold rows of their own.</summary>
    public static IReadOnlyList<string> Tables(SqliteConnection connection, CancellationToken cancellation) => SqliteFile.Query(connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
        row => row.GetString(0), cancellation);

    private static List<TableRows> CountRows(SqliteConnection connection, CancellationToken cancellation) =>
        [.. Tables(connection, cancellation).Select(table => new TableRows
    {
        Table = table,
        Rows = SqliteFile.Query(connection, $"SELECT count(*) FROM {SqliteFile.Quote(table)}", row => row.GetInt64(0), cancellation)[0],
    })];
}
