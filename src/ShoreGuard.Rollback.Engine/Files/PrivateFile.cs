using System.Runtime.Versioning;
using System.Security.AccessControl;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>A new file that only its owner can read.</summary>
internal static class PrivateFile
{
    /// <summary>What its owner may do with it; nobody else may do anything. On Windows, an access list says the same.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes one.</summary>
    /// <param name="path">Where there is none.</param>
    /// <param name="access">What it is opened for.</param>
    /// <param name="share">What others may do with it meanwhile.</param>
    /// <remarks>Nothing waits in a buffer, to be written as it is closed.</remarks>
    /// <exception cref="IOException">There is one, or none can be made.</exception>
    /// <exception cref="UnauthorizedAccessException">None may be made there.</exception>
    public static FileStream Create(string path, FileAccess access = FileAccess.Write, FileShare share = FileShare.Read)
    {
        if (OperatingSystem.IsWindows())
            return new FileInfo(path).Create(FileMode.CreateNew, RightsOf(access), share, Smallest, FileOptions.None, WindowsFile.ForTheUserAlone());
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = access, Share = share, BufferSize = 0 };
        options.UnixCreateMode = Mode;
        return new(path, options);
    }

    // A buffer of one byte is none.
    private const int Smallest = 1;

    [SupportedOSPlatform("windows")]
    private static FileSystemRights RightsOf(FileAccess access) => access switch
    {
        FileAccess.ReadWrite => FileSystemRights.Read | FileSystemRights.Write,
        _ => FileSystemRights.Write,
    };
}
