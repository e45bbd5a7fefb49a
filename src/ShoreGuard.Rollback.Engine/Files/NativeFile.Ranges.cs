using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShoreGuard.Rollback.Engine.Files;

internal static partial class NativeFile
{
    private const uint WaitBefore = 1, Write = 2, WaitAfter = 4;

    /// <summary>Tells a file from what it is after somebody wrote to it, or put another in its place.</summary>
    /// <remarks>The time of the last change of its state (ctime; the ChangeTime of NTFS) is set back with its other times by no tool; it is there on
    /// Linux and Windows.</remarks>
    public readonly record struct Version(Identity? File, long Length, DateTime Written, (long Seconds, uint Nanoseconds) Changed);

    /// <summary>The version of a file now.</summary>
    public static Version VersionOf(string path)
    {
        if (OperatingSystem.IsWindows())
            return new(Identify(path), new FileInfo(path).Length, File.GetLastWriteTimeUtc(path), (WindowsFile.ChangeTime(path), 0));
        Span<byte> buffer = stackalloc byte[256];
        if (OperatingSystem.IsLinux())
            _ = Statx(CurrentFolder, path, 0, 0x7ff, ref MemoryMarshal.GetReference(buffer));
        var file = new FileInfo(path);
        return new(Identify(path), file.Length, file.LastWriteTimeUtc, (MemoryMarshal.Read<long>(buffer[96..]), MemoryMarshal.Read<uint>(buffer[104..])));
    }

    /// <summary>Copies a range from one file to the same place in another: by the kernel, which may share the blocks, where the file system can.</summary>
    /// <returns>The bytes copied; fewer than asked for at the end of the file.</returns>
    public static long CopyRange(SafeFileHandle from, SafeFileHandle to, long offset, long length)
    {
        long copied = 0;
        while (OperatingSystem.IsLinux() && copied < length)
        {
            long source = offset + copied, target = source;
            // What it does not like (another file system, an old kernel, a full disk) reading and writing does, or says better.
            if (CopyFileRange(from, ref source, to, ref target, (nuint)(length - copied), 0) is var count && count <= 0)
                break;
            copied += count;
        }
        var buffer = copied < length ? new byte[Math.Min(length - copied, 1 << 20)] : [];
        while (copied < length)
        {
            var wanted = (int)Math.Min(buffer.Length, length - copied);
            if (RandomAccess.Read(from, buffer.AsSpan(0, wanted), offset + copied) is var count && count == 0)
                break;
            RandomAccess.Write(to, buffer.AsSpan(0, count), offset + copied);
            copied += count;
        }
        return copied;
    }

    /// <summary>Sends a range of a file to the disk while more is written; what makes a file durable is still its fsync.</summary>
    public static void BeginWriteOut(SafeFileHandle file, long offset, long length) => WriteOut(file, offset, length, Write);

    /// <summary>Waits until a range of a file has been sent to the disk. Nothing is waited for where the platform has no such call.</summary>
    /// <exception cref="IOException">The disk did not take it. The system says so once, so it must not be passed over.</exception>
    public static void AwaitWriteOut(SafeFileHandle file, long offset, long length) => WriteOut(file, offset, length, WaitBefore | Write | WaitAfter);

    private static void WriteOut(SafeFileHandle file, long offset, long length, uint flags)
    {
        const int InputOutputError = 5, NoSpace = 28, QuotaExceeded = 122;
        if (OperatingSystem.IsLinux()
            && SyncFileRange(file, offset, length, flags) != 0 && Marshal.GetLastPInvokeError() is InputOutputError or NoSpace or QuotaExceeded)
            throw new IOException($"The disk does not take what is written: {LastError()}");
    }

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    private static partial nint CopyFileRange(SafeFileHandle from, ref long fromOffset, SafeFileHandle to, ref long toOffset, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);
}
