using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Reads what is in a database without leaving a trace beside it.</summary>
internal static class SqliteInspection
{
    /// <summary>What is in a database that is to be replaced; null when there is none, or none that can be read: a damaged one is what restores are
    /// for.</summary>
    public static DatabaseContents? TryDescribe(string path, CancellationToken cancellation)
    {
        try
        {
            return File.Exists(path) ? Look(path, Contents(SqliteRestoreChecks.SourceVerdicts(path), cancellation)) : null;
        }
        catch (Exception error) when (error is SqliteException or ShoreGuardException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether a database has tables, and none of them is Alembic's; one that cannot be read is nobody's.</summary>
    public static bool IsForeign(string path, CancellationToken cancellation)
    {
        try
        {
            return File.Exists(path) && Look(path, connection => SqliteFile.Query(
                connection, "SELECT count(*) > 0 AND NOT max(name = 'alembic_version') FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
                + "ESCAPE '\\'",
                row => !row.IsDBNull(0) && row.GetBoolean(0), cancellation))?[0] == true;
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>What is in a database.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseForeign</c>, <c>DatabaseDamaged</c>, <c>DatabaseBusy</c>, <c>DatabaseDenied</c>.</exception>
    public static DatabaseContents Describe(string path, CancellationToken cancellation) =>
        Read(path, Contents(SqliteBackup.Verdicts(path), cancellation));

    /// <summary>What its <c>alembic_version</c> names.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="Describe(string, CancellationToken)"/>.</exception>
    public static IReadOnlyList<string> ReadRevisions(string path) =>
        Read(path, connection => SqliteProof.ReadRevisions(connection, SqliteBackup.Verdicts(path)));

    /// <summary>Its revisions, the rows of every table, and how many rows have a value in these columns.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="Describe(string, CancellationToken)"/>.</exception>
    public static SchemaContents ReadSchema(string path, IReadOnlyList<TableColumn> columns, CancellationToken cancellation) =>
        Read(path, connection => SqliteProof.ReadSchema(connection, columns, SqliteBackup.Verdicts(path), cancellation));

    /// <summary>The mark of its rows.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="Describe(string, CancellationToken)"/>.</exception>
    public static string ReadMark(string path, CancellationToken cancellation) => Read(path, connection => SqliteMark.Of(connection, cancellation));

    private static T Read<T>(string path, Func<SqliteConnection, T> read)
        where T : class
    {
        try
        {
            return Look(path, read) ?? throw Errors.DatabaseForeign(path, "it does not begin as a SQLite file does");
        }
        catch (SqliteException error)
        {
            throw Errors.FromSqliteBackup(path, path, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ReadFailure.OfDatabase(path, error);
        }
    }

    private static Func<SqliteConnection, DatabaseContents> Contents(SqliteVerdicts verdicts, CancellationToken cancellation) =>
        connection => SqliteProof.Describe(connection, verdicts, cancellation);

    private static T? Look<T>(string path, Func<SqliteConnection, T> read)
        where T : class
    {
        if (SqliteHeader.TryRead(path) is not { } header)
            return null;
        var pending = new FileInfo(path + "-wal") is { Exists: true, Length: > 0 } || File.Exists(path + "-journal");
        if (header.IsWal && File.Exists(path + "-shm"))
            return Read(() => SqliteFile.Open(path, SqliteOpenMode.ReadOnly, TimeSpan.FromSeconds(2)), read);
        return pending ? ReadCopy(path, read) : Read(() => SqliteFile.OpenImmutable(path), read);
    }

    // Rows wait in a WAL or a journal that nobody has open: SQLite would fold them in, which a plan must not.
    private static T ReadCopy<T>(string path, Func<SqliteConnection, T> read)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-");
        try
        {
            var copy = Path.Combine(folder.FullName, "copy.db");
            File.Copy(path, copy);
            foreach (var (from, to) in SqliteFile.Companions(path).Zip(SqliteFile.Companions(copy)).Where(pair => File.Exists(pair.First)))
                File.Copy(from, to);
            return Read(() => SqliteFile.Open(copy, SqliteOpenMode.ReadWrite, TimeSpan.Zero), read);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static T Read<T>(Func<SqliteConnection> open, Func<SqliteConnection, T> read)
    {
        using var connection = open();
        return read(connection);
    }
}
