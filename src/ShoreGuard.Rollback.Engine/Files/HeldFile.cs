using Microsoft.Win32.SafeHandles;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>A file in the making. It is held as long as its maker lives, which tells it from what a killed process has left.</summary>
/// <remarks>The hold is a lock of the file (flock), which the system takes back however the process ends.</remarks>
internal sealed class HeldFile : IDisposable
{
    private readonly FileStream _stream;

    private HeldFile(string path, FileStream stream) => (Path, _stream) = (path, stream);

    /// <summary>Where it was made. It may have another name since.</summary>
    public string Path { get; }

    public SafeFileHandle Handle => _stream.SafeFileHandle;

    /// <summary>Whether a name leads to this very file, and is no link; true where that cannot be told.</summary>
    public bool IsAt(string path) => Handle.IsClosed || NativeFile.IsAt(Handle, path);

    /// <summary>Opens it once more, to write it from its beginning. By its handle: in a folder of somebody else's, its name may lead to any file by
    /// now.</summary>
    public FileStream OpenForWriting() =>
        new(NativeFile.NameOf(Handle) ?? Path, FileMode.Open, FileAccess.Write, SharedFile.Share, 1 << 20, FileOptions.Asynchronous);

    /// <summary>Refuses when a name does not lead to this very file.</summary>
    /// <exception cref="IOException">Somebody has put something else there.</exception>
    public void RequireAt(string path)
    {
        if (!Handle.IsClosed)
            NativeFile.RequireAt(Handle, path);
    }

    /// <summary>Makes a new file that only its owner can read, and holds it.</summary>
    /// <exception cref="IOException">There is one, or none can be made.</exception>
    /// <exception cref="UnauthorizedAccessException">None may be made there.</exception>
    public static HeldFile Create(string path) =>
        new(path, PrivateFile.Create(path, FileAccess.ReadWrite, SharedFile.Share));

    /// <summary>Whether nobody makes a file any more. A file that is not there, or may not be looked at, is nobody's to take away.</summary>
    public static bool IsLeftOver(string path)
    {
        try
        {
            using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None))
            {
                // Where the file system has no locks, the processes that have it open still tell.
            }
            return FileHolders.Find(path).Count == 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The files of a folder whose names begin so; none where the folder cannot be listed.</summary>
    public static IEnumerable<string> Find(string folder, string prefix) =>
        // No pattern: a name may have wildcards in it.
        Directory.EnumerateFiles(folder, "*", new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = 0 })
            .Where(path => System.IO.Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Takes away what killed processes have left, with what SQLite left beside it.</summary>
    public static void RemoveLeftOvers(string folder, string prefix, string suffix)
    {
        foreach (var path in Find(folder, prefix).Where(path => path.EndsWith(suffix, StringComparison.Ordinal) && IsLeftOver(path)))
        {
            try
            {
                SqliteFile.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another user's, who will take it away.
            }
        }
    }

    /// <summary>Lets go of it.</summary>
    /// <remarks>On Unix this drops every lock that SQLite holds on the file in this process: nobody may rely on one by then.</remarks>
    public void Dispose() => _stream.Dispose();
}
