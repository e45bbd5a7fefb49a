using System.Runtime.InteropServices;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Brings a folder's entries to the disk: after a rename, the new name is safe only then (fsync(2)).</summary>
internal static partial class FolderSync
{
    /// <summary>Flushes the folder. Windows has no such call, and journals its renames.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        // .NET opens no folders; the descriptor is needed for this one call.
        var descriptor = Open(folder, 0);
        if (descriptor < 0)
            return;
        try
        {
            _ = FlushDescriptor(descriptor);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
