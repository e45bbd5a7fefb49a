using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>One process at a time, of this machine and of others that share the folder: a file beside what is guarded, which the system lets go when the
/// process dies.</summary>
internal sealed class ExclusiveFile : IDisposable, IAsyncDisposable
{
    private const int Tries = 5;

    // Windows deletes no file that is open, and deletes this one even if the process is killed.
    private static readonly FileOptions AtItsEnd = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;
    private readonly string _path;

    private ExclusiveFile(FileStream file, string path) => (_file, _path) = (file, path);

    /// <summary>Waits for its turn.</summary>
    /// <param name="path">The lock's file.</param>
    /// <exception cref="ShoreGuardException"><c>LockFileForeign</c>.</exception>
    /// <exception cref="IOException">Others were at it for ten seconds; or no file can be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">No file may be made there.</exception>
    public static ExclusiveFile Take(string path)
    {
        for (var clock = Stopwatch.StartNew(); ; Thread.Sleep(Pause))
        {
            var isLast = clock.Elapsed > Patience;
            try
            {
                if (TryTake(path) is { } taken)
                    return taken;
                if (isLast)
                    throw new IOException($"others have held {path} for {Patience.TotalSeconds:0} s");
            }
            // That of another user may not be opened, and goes as soon as its owner is done; on Windows, one that goes is refused with ERROR_ACCESS_DENIED.
            catch (UnauthorizedAccessException) when (!isLast && (OperatingSystem.IsWindows() || File.Exists(path)))
            {
            }
        }
    }

    /// <summary>Takes it, or gives null where others have it.</summary>
    /// <param name="path">The lock's file.</param>
    /// <exception cref="ShoreGuardException"><c>LockFileForeign</c>: it is a link.</exception>
    /// <exception cref="IOException">No file can be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">No file may be made there, or it is another user's.</exception>
    public static ExclusiveFile? TryTake(string path)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (NativeFile.IsLink(path))
                throw Errors.LockFileForeign(path, $"is a link to {new FileInfo(path).LinkTarget}");
            FileStream file;
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, AtItsEnd);
            }
            catch (IOException error) when (FileConflict.IsOthers(error))
            {
                return null;
            }
            if (NativeFile.IsAt(file.SafeFileHandle, path))
                return new(file, path);
            // Whoever had it has taken it away in between.
            file.Dispose();
        }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
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
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
