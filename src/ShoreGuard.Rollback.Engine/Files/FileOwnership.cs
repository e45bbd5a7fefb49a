using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Gives one file the owner, group and mode of another; .NET has no call for the first two.</summary>
internal static partial class FileOwnership
{
    /// <summary>Copies owner, group and mode. On Windows a new file inherits its folder's rights, which is what is wanted.</summary>
    /// <exception cref="UnauthorizedAccessException">The owner differs from ours, and we may not give files away.</exception>
    public static void Copy(string from, string to)
    {
        if (OperatingSystem.IsWindows())
            return;
        var (owner, group) = Read(from);
        if (Read(to) != (owner, group) && ChangeOwner(to, owner, group) != 0)
            throw new UnauthorizedAccessException($"Cannot give {to} the owner of {from}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        File.SetUnixFileMode(to, File.GetUnixFileMode(from));
    }

    // The offsets of struct stat differ by platform; the runtime's own shim (System.Native) knows them all.
    private static (uint Owner, uint Group) Read(string path)
    {
        if (Stat(path, out var status) != 0)
            throw new IOException($"Cannot read the owner of {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        return (status.Uid, status.Gid);
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);

    // dotnet/runtime src/native/libs/System.Native/pal_io.h, struct FileStatus; only its first fields are read.
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct FileStatus
    {
        public int Flags;
        public int Mode;
        public uint Uid;
        public uint Gid;
    }
}
