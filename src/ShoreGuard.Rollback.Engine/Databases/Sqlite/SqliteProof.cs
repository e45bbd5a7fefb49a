using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>What is said when a SQLite file turns out not to be good. The same proof is made of backups, copies and databases.</summary>
internal sealed record SqliteVerdicts(Func<ShoreGuardException> Empty, Func<string, ShoreGuardException> Foreign, Func<string, Exception?, ShoreGuardException> Damaged);

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
    public static DatabaseContents Prove(string path, string label, SqliteVerdicts verdicts, CheckRecorder checks, bool danglingAllowed, CancellationToken cancellation)
    {
        checks.Run($"{label}: header and length", () => (true, ReadHeader(path, verdicts)));
        try
        {
            using var connection = SqliteFile.OpenImmutable(path);
            checks.Run($"{label}: quick_check", () => (true, QuickCheck(connection, verdicts, cancellation)));
            CheckReferences(connection, label, verdicts, checks, danglingAllowed, cancellation);
            var revision = checks.Run($"{label}: revision", () => (ReadRevision(connection, verdicts), ReadRevision(connection, verdicts)));
            return new(revision, CountRows(connection, cancellation));
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
            throw verdicts.Damaged($"it is cut off: {header.FileSize} bytes of {header.ExpectedSize ?? (header.FileSize / header.PageSize + 1) * header.PageSize}", null);
        return $"{header.FileSize} bytes in pages of {header.PageSize}";
    }

    private static string QuickCheck(SqliteConnection connection, SqliteVerdicts verdicts, CancellationToken cancellation)
    {
        var findings = SqliteFile.Query(connection, "PRAGMA quick_check(10)", row => row.GetString(0), cancellation);
        return findings is ["ok"] ? "ok" : throw verdicts.Damaged(string.Join("; ", findings.Select(text => text.ReplaceLineEndings(" ").Trim())), null);
    }

    private static void CheckReferences(
        SqliteConnection connection, string label, SqliteVerdicts verdicts, CheckRecorder checks, bool danglingAllowed, CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var dangling = SqliteFile.Query(connection, "SELECT \"table\", \"parent\", count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
            row => $"{row.GetInt64(2)} rows of {row.GetString(0)} refer to missing rows of {row.GetString(1)}", cancellation);
        var detail = dangling.Count == 0 ? null : string.Join("; ", dangling);
        checks.Add($"{label}: foreign_key_check", detail is null, detail, clock.Elapsed);
        if (detail is not null && !danglingAllowed)
            throw verdicts.Damaged(detail, null);
    }

    private static string ReadRevision(SqliteConnection connection, SqliteVerdicts verdicts)
    {
        if (SqliteFile.Query(connection, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'alembic_version'", _ => true).Count == 0)
            throw verdicts.Foreign("it has no table alembic_version, so it is another application's");
        return SqliteFile.Query(connection, "SELECT version_num FROM alembic_version", row => row.GetString(0)) switch
        {
            [var revision] => revision,
            [] => throw verdicts.Foreign("its table alembic_version is empty, so no migration has ever run"),
            var several => throw verdicts.Foreign($"its table alembic_version names {several.Count} revisions"),
        };
    }

    private static List<TableRows> CountRows(SqliteConnection connection, CancellationToken cancellation)
    {
        var tables = SqliteFile.Query(connection,
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
            row => row.GetString(0), cancellation);
        return [.. tables.Select(table => new TableRows
        {
            Table = table,
            Rows = SqliteFile.Query(connection, $"SELECT count(*) FROM {SqliteFile.Quote(table)}", row => row.GetInt64(0), cancellation)[0],
        })];
    }
}
