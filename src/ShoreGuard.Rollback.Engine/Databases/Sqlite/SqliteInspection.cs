using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Reads what is in a database that is to be replaced, without leaving a trace beside it.</summary>
internal static class SqliteInspection
{
    /// <summary>What is in it; null when there is no database, or none that can be read: a damaged one is what restores are for.</summary>
    public static DatabaseContents? TryDescribe(string path, CancellationToken cancellation)
    {
        try
        {
            if (!File.Exists(path) || SqliteHeader.TryRead(path) is not { } header)
                return null;
            var pending = new FileInfo(path + "-wal") is { Exists: true, Length: > 0 } || File.Exists(path + "-journal");
            if (header.IsWal && File.Exists(path + "-shm"))
                return Describe(() => SqliteFile.Open(path, SqliteOpenMode.ReadOnly, TimeSpan.FromSeconds(2)), cancellation);
            return pending ? DescribeCopy(path, cancellation) : Describe(() => SqliteFile.OpenImmutable(path), cancellation);
        }
        catch (Exception error) when (error is SqliteException or ShoreGuardException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Rows wait in a WAL or a journal that nobody has open: SQLite would fold them in, which a plan must not.
    private static DatabaseContents DescribeCopy(string path, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-");
        try
        {
            var copy = Path.Combine(folder.FullName, "copy.db");
            File.Copy(path, copy);
            foreach (var (from, to) in SqliteFile.Companions(path).Zip(SqliteFile.Companions(copy)).Where(pair => File.Exists(pair.First)))
                File.Copy(from, to);
            return Describe(() => SqliteFile.Open(copy, SqliteOpenMode.ReadWrite, TimeSpan.Zero), cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static DatabaseContents Describe(Func<SqliteConnection> open, CancellationToken cancellation)
    {
        using var connection = open();
        return SqliteProof.Describe(connection, SqliteRestoreChecks.SourceVerdicts(connection.DataSource), cancellation);
    }
}
