using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>One writer of a file at a time, on this machine and on others that share its folder: a file beside it, which the system lets go when the
/// process dies.</summary>
internal sealed class ExclusiveFile : IDisposable
{
    private const string Suffix = ".lock";

    // Windows deletes no file that is open, and deletes this one even if the process is killed.
    private static readonly FileOptions AtItsEnd = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;
    private readonly string _path;

    private ExclusiveFile(FileStream file, string path) => (_file, _path) = (file, path);

    /// <summary>Waits for its turn.</summary>
    /// <param name="path">The file that is to be written.</param>
    /// <exception cref="IOException">Others were at it for ten seconds, or the lock is a link; or no file can be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">No file may be made there.</exception>
    public static ExclusiveFile Take(string path)
    {
        path += Suffix;
        for (var clock = Stopwatch.StartNew(); ; Thread.Sleep(Pause))
        {
            if (NativeFile.IsLink(path))
                throw new IOException($"{path} is a link to {new FileInfo(path).LinkTarget}");
            if (TryOpen(path, isLast: clock.Elapsed > Patience) is not { } file)
                continue;
            // Whoever had it may have taken it away in between.
            if (NativeFile.IsAt(file.SafeFileHandle, path))
                return new(file, path);
            file.Dispose();
        }
    }

    private static FileStream? TryOpen(string path, bool isLast)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, AtItsEnd);
        }
        // That of another user may not be opened, and goes as soon as its owner is done; on Windows, one that goes is refused with ERROR_ACCESS_DENIED.
        catch (Exception error) when (!isLast && (FileConflict.IsOthers(error) || (error is UnauthorizedAccessException && IsThere(path))))
        {
            return null;
        }
    }

    private static bool IsThere(string path) => OperatingSystem.IsWindows() || File.Exists(path);

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
}
