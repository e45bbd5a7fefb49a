using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>One restore or downgrade of a SQLite file at a time, by whoever reaches it.</summary>
/// <remarks>SQLite's own locks are on the file, which a restore replaces.</remarks>
internal static class SqliteFileLock
{
    private const string Suffix = ".shoreguard-lock";

    /// <summary>Takes it; null where no file can be made beside the database, which no restore can replace there either.</summary>
    /// <param name="database">The file.</param>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>; <c>LockFileForeign</c>.</exception>
    public static ExclusiveFile? Take(string database)
    {
        var path = database + Suffix;
        try
        {
            return ExclusiveFile.TryTake(path)
                ?? throw InProgress(database, FileHolders.Find(path) is { Count: > 0 } holders ? string.Join(", ", holders) : null);
        }
        // Whoever made it may be at it. One that he has left when he was killed is in the way of others only.
        catch (UnauthorizedAccessException) when (File.Exists(path))
        {
            throw InProgress(database, $"another user, whose {path} you may not open; if nothing of it goes on any more, remove that file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static ShoreGuardException InProgress(string database, string? holder) => Errors.RollbackInProgress(database, holder, elsewhere: null);
}
