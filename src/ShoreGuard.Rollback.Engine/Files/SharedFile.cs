using Microsoft.Win32.SafeHandles;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Opens files that others may have open, ourselves among them, and that may be renamed or deleted meanwhile.</summary>
/// <remarks>Of two that open one file, Windows asks both what the other may do with it (CreateFileW, <c>dwShareMode</c>): who holds a file for writing is
/// refused by whoever lets it only be read.</remarks>
internal static class SharedFile
{
    /// <summary>What others may do meanwhile: everything.</summary>
    public const FileShare Share = FileShare.ReadWrite | FileShare.Delete;

    /// <summary>Opens one for reading, without a buffer.</summary>
    /// <exception cref="IOException">It is not there, or somebody keeps others from it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle OpenHandle(string path, FileOptions options = FileOptions.None) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, Share, options);

    /// <summary>Opens one for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bufferSize">The buffer in bytes; zero for none.</param>
    /// <param name="options">How it will be read.</param>
    /// <exception cref="IOException">It is not there, or somebody keeps others from it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream OpenRead(string path, int bufferSize = 0, FileOptions options = FileOptions.None) =>
        new(path, FileMode.Open, FileAccess.Read, Share, bufferSize, options);
}
