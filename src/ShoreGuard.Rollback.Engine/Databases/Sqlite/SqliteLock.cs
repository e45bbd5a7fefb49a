using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>The exclusive lock on a database that is about to be replaced, with every committed row folded into its one file.</summary>
/// <remarks>
/// While it is held, no other open handle of this process may be opened and closed on the file: on Unix that would drop the lock.
/// </remarks>
internal sealed class SqliteLock : IDisposable
{
    private readonly string _path;
    private readonly bool _wasWal;
    private SqliteConnection? _connection;

    private SqliteLock(string path, SqliteConnection? connection, bool wasWal, string detail)
    {
        _path = path;
        _connection = connection;
        _wasWal = wasWal;
        Detail = detail;
    }

    /// <summary>What was found, for people.</summary>
    public string Detail { get; }

    /// <summary>Takes the lock.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseBusy</c>: somebody else has the database open.</exception>
    public static SqliteLock Acquire(string path)
    {
        // A rollback-mode connection that is idle holds no lock, and would go on with the file that is renamed away.
        if (FileHolders.Find(path) is { Count: > 0 } holders)
            throw Errors.DatabaseBusy(path, holders);
        var file = NativeFile.Identify(path);
        var found = Hold(path);
        if (NativeFile.Identify(path) == file)
            return found;
        found.Dispose();
        throw Errors.RestoreDisturbed(path, "it was replaced by another file");
    }

    /// <summary>Takes the lock on a database of one's own, so that nobody gets at it under whatever name.</summary>
    public static SqliteLock Hold(string path)
    {
        SqliteConnection? connection = null;
        try
        {
            var wasWal = SqliteHeader.TryRead(path) is { IsWal: true };
            connection = SqliteFile.Open(path, SqliteOpenMode.ReadWrite, TimeSpan.FromSeconds(2));
            Hold(connection);
            // Windows lets go of it with the connection alone.
            if (!OperatingSystem.IsWindows())
                RemoveSpentJournal(path);
            return new(path, connection, wasWal, wasWal ? "its WAL is folded in" : "it has no WAL");
        }
        catch (SqliteException error) when (SqliteFile.IsBusy(error))
        {
            connection?.Dispose();
            throw Errors.DatabaseBusy(path, FileHolders.Find(path), error);
        }
        catch (SqliteException error) when (error.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL)
        {
            connection?.Dispose();
            throw Errors.DiskFull(Path.GetDirectoryName(path)!, null, null, error);
        }
        catch (SqliteException error) when (SqliteFile.IsDamage(error))
        {
            connection?.Dispose();
            return new(path, null, false, $"it is damaged ({error.Message.TrimEnd('.')}) and is kept as it is, with the files beside it");
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            connection?.Dispose();
            throw FileConflict.IsHeld(path) ? Errors.DatabaseHeld(path, FileHolders.Program(path), error) : Errors.DatabaseLockFailed(path, error);
        }
    }

    /// <summary>The revision of what is locked, read through the lock; null once it is let go.</summary>
    public string? Revision =>
        _connection is null ? null : SqliteFile.Query(_connection, "SELECT version_num FROM alembic_version", row => row.GetString(0))[0];

    /// <summary>Lets go when the platform does not rename open files; elsewhere the lock is held until the swap is done.</summary>
    public void Release()
    {
        if (OperatingSystem.IsWindows())
            Dispose();
    }

    /// <summary>Lets go, and puts the database back into the mode it was in.</summary>
    public void Undo()
    {
        Dispose();
        if (!_wasWal)
            return;
        using var connection = SqliteFile.Open(_path, SqliteOpenMode.ReadWrite, TimeSpan.FromSeconds(2));
        SqliteFile.Execute(connection, "PRAGMA journal_mode = WAL");
    }

    public void Dispose()
    {
        if (_connection is null)
            return;
        _connection.Dispose();
        _connection = null;
        if (OperatingSystem.IsWindows())
            TryRemoveSpentJournal();
    }

    // Whoever has opened the database in this moment has it; it is moved with the database, as all that is beside it.
    private void TryRemoveSpentJournal()
    {
        try
        {
            RemoveSpentJournal(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    // To leave the WAL mode takes a journal, which the exclusive locking mode keeps when it is spent.
    private static void RemoveSpentJournal(string path)
    {
        if (!SqliteFile.IsPending(path + "-journal"))
            File.Delete(path + "-journal");
    }

    // Leaving the WAL mode needs the database to oneself, folds the WAL in, and removes it with its index; the transaction then keeps everybody
    // out. The exclusive locking mode would do so too, but would leave a journal under the name that the new database is to have.
    private static void Hold(SqliteConnection connection)
    {
        SqliteFile.Execute(connection, "PRAGMA locking_mode = EXCLUSIVE");
        var mode = SqliteFile.Query(connection, "PRAGMA journal_mode = DELETE", row => row.GetString(0))[0];
        SqliteFile.Execute(connection, "PRAGMA locking_mode = NORMAL");
        SqliteFile.Execute(connection, "BEGIN EXCLUSIVE");
        var now = SqliteFile.Query(connection, "PRAGMA journal_mode", row => row.GetString(0))[0];
        if (mode == "wal" || now == "wal")
            throw new SqliteException("The database stays in WAL mode, since somebody else has it open.", 5);
    }
}
