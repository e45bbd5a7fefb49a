using System.Globalization;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>A backup file in the making: under a temporary name and readable by its owner alone until it is proven and published.</summary>
internal sealed class BackupFile : IDisposable
{
    private readonly string _folder;
    private readonly string _extension;
    private readonly HeldFile _file;

    private BackupFile(string folder, string extension)
    {
        _folder = folder;
        _extension = extension;
        _file = HeldFile.Create(Path.Combine(folder, $".shoreguard-{Guid.NewGuid():n}.partial"));
    }

    /// <summary>Where it is while it is made.</summary>
    public string TemporaryPath => _file.Path;

    /// <summary>The file itself, by which it is written.</summary>
    public HeldFile Held => _file;

    /// <summary>Makes the folder where it is missing, and the empty file in it. What killed backups have left there goes.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupFolderInvalid</c>, <c>BackupNotWritable</c>.</exception>
    public static BackupFile Create(string folder, string extension)
    {
        if (File.Exists(folder))
            throw Errors.BackupFolderInvalid(folder);
        try
        {
            if (!Directory.Exists(folder))
                CreateFolder(folder);
            HeldFile.RemoveLeftOvers(folder, ".shoreguard-", ".partial");
            return new(folder, extension);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.BackupNotWritable(folder, error);
        }
    }

    /// <summary>Refuses a folder in which no backup could be made. Makes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupFolderInvalid</c>, <c>BackupNotWritable</c>.</exception>
    public static void RequireWritable(string folder)
    {
        if (File.Exists(folder))
            throw Errors.BackupFolderInvalid(folder);
        if (NativeFile.WhyNotWritable(folder) is { } why)
            throw Errors.BackupNotWritable(folder, why);
    }

    /// <summary>Makes what is in it survive a power failure.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupNotWritable</c>.</exception>
    public void Sync()
    {
        try
        {
            RandomAccess.FlushToDisk(_file.Handle);
        }
        catch (IOException error)
        {
            throw Errors.BackupNotWritable(_folder, error);
        }
    }

    /// <summary>Gives the file its name, durably. Never overwrites: of two in one second the later takes the next second.</summary>
    /// <returns>The path, and the time that the name says.</returns>
    public async Task<(string Path, DateTimeOffset CreatedAt)> PublishAsync(CancellationToken cancellation)
    {
        Sync();
        while (true)
        {
            var now = DateTimeOffset.UtcNow;
            var path = Path.Combine(_folder, $"shoreguard-{Stamp(now)}.{_extension}");
            try
            {
                RequireOwn(TemporaryPath);
                NativeFile.MoveToFreeName(TemporaryPath, path);
                RequireOwn(path);
                NativeFile.SyncFolder(_folder);
                return (path, now);
            }
            catch (IOException) when (File.Exists(path) && File.Exists(TemporaryPath))
            {
                await Task.Delay(1000 - now.Millisecond, cancellation).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw Errors.BackupNotWritable(_folder, error);
            }
        }
    }

    /// <summary>Reads what was written, to prove it. A verdict on what somebody has put in its place meanwhile, or on nothing at all, is none on the
    /// database.</summary>
    /// <param name="read">Reads the file at the path that it is given.</param>
    /// <exception cref="ShoreGuardException"><c>BackupNotWritable</c>, and what <paramref name="read"/> throws of the file itself.</exception>
    public async Task<T> ReadAsync<T>(Func<string, Task<T>> read)
    {
        try
        {
            RequireOwn(TemporaryPath);
            return await read(TemporaryPath).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ShoreGuardException or SqliteException or IOException or UnauthorizedAccessException)
        {
            RequireOwn(TemporaryPath);
            if (error is ShoreGuardException)
                throw;
            throw Errors.BackupNotWritable(_folder, error);
        }
    }

    // In a folder of somebody else's: what was proven is what gets the name, and no link to another's file.
    private void RequireOwn(string path)
    {
        try
        {
            _file.RequireAt(path);
        }
        catch (IOException error)
        {
            // A file of theirs stays theirs.
            if (NativeFile.IsLink(path))
                File.Delete(path);
            throw Errors.BackupNotWritable(_folder, error);
        }
    }

    /// <summary>The time as ShoreGuard's own scripts write it in names.</summary>
    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Deletes what was not published.</summary>
    public void Dispose()
    {
        _file.Dispose();
        SqliteFile.Delete(TemporaryPath);
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
