using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Reads what is in a database without leaving a trace beside it.</summary>
internal static class SqliteInspection
{
    /// <summary>What is in a database that is to be replaced; null when there is none, or none that can be read: a damaged one is what restores are for.</summary>
    public static DatabaseContents? TryDescribe(string path, CancellationToken cancellation)
    {
        try
        {
            return File.Exists(path) ? Look(path, SqliteRestoreChecks.SourceVerdicts(path), cancellation) : null;
        }
        catch (Exception error) when (error is SqliteException or ShoreGuardException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What is in a database.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseForeign</c>, <c>DatabaseDamaged</c>, <c>DatabaseBusy</c>, <c>DatabaseDenied</c>.</exception>
    public static DatabaseContents Describe(string path, CancellationToken cancellation)
    {
        try
        {
            return Look(path, SqliteBackup.Verdicts(path), cancellation) ?? throw Errors.DatabaseForeign(path, "it does not begin as a SQLite file does");
        }
        catch (SqliteException error)
        {
            throw Errors.FromSqliteBackup(path, path, error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw Errors.DatabaseDenied(path, error);
        }
        catch (IOException error)
        {
            throw Errors.DatabaseUnreadable(path, error);
        }
    }

    private static DatabaseContents? Look(string path, SqliteVerdicts verdicts, CancellationToken cancellation)
    {
        if (SqliteHeader.TryRead(path) is not { } header)
            return null;
        var pending = new FileInfo(path + "-wal") is { Exists: true, Length: > 0 } || File.Exists(path + "-journal");
        if (header.IsWal && File.Exists(path + "-shm"))
            return Describe(() => SqliteFile.Open(path, SqliteOpenMode.ReadOnly, TimeSpan.FromSeconds(2)), verdicts, cancellation);
        return pending ? DescribeCopy(path, verdicts, cancellation) : Describe(() => SqliteFile.OpenImmutable(path), verdicts, cancellation);
    }

    // Rows wait in a WAL or a journal that nobody has open: SQLite would fold them in, which a plan must not.
    private static DatabaseContents DescribeCopy(string path, SqliteVerdicts verdicts, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-");
        try
        {
            var copy = Path.Combine(folder.FullName, "copy.db");
            File.Copy(path, copy);
            foreach (var (from, to) in SqliteFile.Companions(path).Zip(SqliteFile.Companions(copy)).Where(pair => File.Exists(pair.First)))
                File.Copy(from, to);
            return Describe(() => SqliteFile.Open(copy, SqliteOpenMode.ReadWrite, TimeSpan.Zero), verdicts, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static DatabaseContents Describe(Func<SqliteConnection> open, SqliteVerdicts verdicts, CancellationToken cancellation)
    {
        using var connection = open();
        return SqliteProof.Describe(connection, verdicts, cancellation);
    }
}
