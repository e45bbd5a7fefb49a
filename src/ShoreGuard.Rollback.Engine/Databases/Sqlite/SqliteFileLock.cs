using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>One restore of a SQLite file at a time, by whoever reaches it: a file beside it, which the system lets go when the process dies.</summary>
/// <remarks>SQLite's own locks are on the file, which a restore replaces.</remarks>
internal sealed class SqliteFileLock : IAsyncDisposable
{
    private const string Suffix = ".shoreguard-lock";
    private const int Tries = 5;

    private readonly FileStream _file;
    private readonly string _path;

    private SqliteFileLock(FileStream file, string path)
    {
        _file = file;
        _path = path;
    }

    // Windows deletes no file that is open, and deletes this one even if the process is killed.
    private static readonly FileOptions AtItsEnd = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;

    /// <summary>Takes it; null where no file can be made beside the database, which no restore can replace there either.</summary>
    /// <param name="database">The file.</param>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>.</exception>
    public static SqliteFileLock? Take(string database)
    {
        var path = database + Suffix;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            FileStream file;
            try
            {
                if (NativeFile.IsLink(path))
                    throw Errors.LockFileForeign(path, $"is a link to {new FileInfo(path).LinkTarget}");
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, AtItsEnd);
            }
            catch (IOException error) when (FileConflict.IsOthers(error))
            {
                var holders = FileHolders.Find(path);
                throw Errors.RollbackInProgress(database, holders.Count == 0 ? null : string.Join(", ", holders), elsewhere: null);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return null;
            }
            if (NativeFile.IsAt(file.SafeFileHandle, path))
                return new(file, path);
            // Whoever had it has taken it away in between.
            file.Dispose();
        }
        throw Errors.RollbackInProgress(database, holder: null, elsewhere: null);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        try
        {
            // While it is held, so that nobody can take one that is on its way out.
            if (!OperatingSystem.IsWindows())
                File.Delete(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next one takes it over.
        }
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
