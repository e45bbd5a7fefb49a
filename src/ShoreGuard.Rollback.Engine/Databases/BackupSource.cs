using ShoreGuard.Rollback.Engine.Databases.Sqlite;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>What can be told of a backup file before a database is involved.</summary>
internal static class BackupSource
{
    /// <summary>Whether the file is there, can be read, has something in it, and is a backup of the right kind.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupNotFound</c>, <c>BackupIsFolder</c>, <c>BackupDenied</c>, <c>BackupEmpty</c>,
    /// <c>BackupKindMismatch</c>, <c>BackupForeign</c>.</exception>
    public static void CheckFile(string path, DatabaseKind wanted)
    {
        if (Directory.Exists(path))
            throw Errors.BackupIsFolder(path);
        if (!File.Exists(path))
            throw Errors.BackupNotFound(path);
        try
        {
            if (new FileInfo(path).Length == 0)
                throw Errors.BackupEmpty(path);
            var kind = SqliteHeader.IsPostgresDump(path)
                ? DatabaseKind.Postgres : SqliteHeader.TryRead(path) is not null ? DatabaseKind.Sqlite : (DatabaseKind?)null;
            if (kind is null)
                throw Errors.BackupForeign(path, "it begins neither as a SQLite file nor as a dump of pg_dump --format=custom does");
            if (kind != wanted)
                throw Errors.BackupKindMismatch(path, kind.Value, wanted);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ReadFailure.OfBackup(path, error);
        }
    }
}
