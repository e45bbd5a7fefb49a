using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>What .NET does not wrap of a Unix file system: owners, hard links, rights, and making a folder's entries durable.</summary>
internal static partial class NativeFile
{
    private const int CurrentFolder = -100;
    private const int NotThroughLinks = 0x100;
    private const int HandleItself = 0x1000;
    private const int EffectiveIds = 0x200;
    private const int WriteAndSearch = 2 | 1;

    // Of Linux (fcntl.h, stat.h): O_NONBLOCK, O_CLOEXEC, S_IFMT, S_IFREG.
    private const int NotBlocking = 0x800, CloseOnExecution = 0x80000, KindOfFile = 0xF000, OrdinaryFile = 0x8000;

    // Of macOS (sys/fcntl.h): F_FULLFSYNC.
    private const int FullSync = 51;

    /// <summary>Who a file belongs to, and which file it is whatever its name.</summary>
    public readonly record struct Identity(uint Owner, uint Group, ulong Device, ulong Inode)
    {
        /// <summary>Whether both are one file.</summary>
        /// <remarks>Wine has no number of the volume for a file that was renamed while it was open.</remarks>
        public bool IsSameFile(Identity other) => Inode == other.Inode && (Device == other.Device || Device == 0 || other.Device == 0);
    }

    /// <summary>The identity of the file a path leads to; null where the platform or the rights do not tell.</summary>
    public static Identity? Identify(string path) => Identify(path, 0);

    /// <summary>The identity of what has a name, be it a link.</summary>
    public static Identity? IdentifyName(string path) => Identify(path, NotThroughLinks);

    /// <summary>The identity of an open file, whatever its name leads to by now.</summary>
    public static Identity? Identify(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
            return WindowsFile.Identify(file);
        Span<byte> buffer = stackalloc byte[256];
        return OperatingSystem.IsLinux() && Statx(file, "", HandleItself, 0x7ff, ref MemoryMarshal.GetReference(buffer)) == 0 ? Read(buffer) : null;
    }

    /// <summary>Whether a name leads to an open file, and is no link; true where that cannot be told. In a folder of somebody else's it may have been
    /// exchanged.</summary>
    public static bool IsAt(SafeFileHandle file, string path) => Identify(file) is not { } own || (IdentifyName(path) is { } named && named.IsSameFile(own));

    /// <summary>Refuses when a name does not lead to an open file.</summary>
    /// <exception cref="IOException">Somebody has put something else there.</exception>
    public static void RequireAt(SafeFileHandle file, string path)
    {
        if (!IsAt(file, path))
            throw Exchanged(path);
    }

    /// <summary>That a name leads to something else than the file that was made there.</summary>
    public static IOException Exchanged(string path) => new($"somebody has put another file in the place of {path}");

    /// <summary>The name by which an open file can be opened once more, whatever its own names lead to by now; null where the system has none.</summary>
    public static string? NameOf(SafeFileHandle file) =>
        OperatingSystem.IsLinux() && $"/proc/self/fd/{file.DangerousGetHandle()}" is var name
            && Identify(name) is { } named && Identify(file) is { } own && named.IsSameFile(own) ? name : null;

    /// <summary>How many times this process has a file open; null where that cannot be told.</summary>
    public static int? CountOpen(SafeFileHandle file) =>
        OperatingSystem.IsLinux() && Identify(file) is { } own && Directory.Exists("/proc/self/fd")
            ? OpenFilesOf("/proc/self").Count(name => Identify(name) is { } open && open.IsSameFile(own)) : null;

    /// <summary>The links to what a process has open (proc_pid_fd(5)).</summary>
    /// <param name="process">Its folder in <c>/proc</c>.</param>
    /// <remarks>Of links that it lists, .NET asks twice what each leads to: fdinfo has the same names, and no links.</remarks>
    public static IEnumerable<string> OpenFilesOf(string process) =>
        Directory.EnumerateFiles(Path.Combine(process, "fdinfo")).Select(info => Path.Combine(process, "fd", Path.GetFileName(info)));

    /// <summary>Whether a link may be followed when its file is to be written: who may make links in a folder must not have another's files written
    /// by it.</summary>
    /// <remarks>The rule of Linux for links in folders for all (fs.protected_symlinks), for every folder; and root's links are followed.</remarks>
    public static bool MayFollow(string link) => IdentifyName(link) is not { } name || Identify(link) is not { } file || IsOfSameTrust(name, file);

    /// <summary>Whether a file is root's, the user's own, or that of the owner of another one, who decides over both; true where that cannot be told.</summary>
    public static bool IsTrusted(string path, string model) => Identify(path) is not { } file || Identify(model) is not { } other || IsOfSameTrust(file, other);

    private static bool IsOfSameTrust(Identity one, Identity other) =>
        OperatingSystem.IsWindows() || one.Owner == other.Owner || one.Owner == 0 || one.Owner == EffectiveUser();

    /// <summary>Whether two full paths are written the same, as the system compares names.</summary>
    public static StringComparer PathComparer =>
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Whether two paths lead to one file; false where that cannot be told.</summary>
    public static bool AreSame(string path, string other) => Identify(path) is { } one && Identify(other) is { } another && one.IsSameFile(another);

    /// <summary>Whether a name is a symbolic link.</summary>
    public static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static Identity? Identify(string path, int flags)
    {
        if (OperatingSystem.IsWindows())
            return WindowsFile.Identify(path, throughLinks: flags == 0);
        Span<byte> buffer = stackalloc byte[256];
        return OperatingSystem.IsLinux() && Statx(CurrentFolder, path, flags, 0x7ff, ref MemoryMarshal.GetReference(buffer)) == 0 ? Read(buffer) : null;
    }

    // statx and its structure are the same on every processor and C library; stat's are not.
    private static Identity Read(ReadOnlySpan<byte> buffer) => new(
        MemoryMarshal.Read<uint>(buffer[20..]),
        MemoryMarshal.Read<uint>(buffer[24..]),
        ((ulong)MemoryMarshal.Read<uint>(buffer[136..]) << 32) | MemoryMarshal.Read<uint>(buffer[140..]),
        MemoryMarshal.Read<ulong>(buffer[32..]));

    /// <summary>Opens an ordinary file for reading, and never waits for it as the opening of a pipe does.</summary>
    /// <exception cref="IOException">It is something else.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle OpenWithoutWaiting(string path)
    {
        var descriptor = OperatingSystem.IsLinux() ? Open(path, NotBlocking | CloseOnExecution) : -1;
        // What cannot be opened is told by .NET.
        var handle = descriptor < 0
            ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            if (OperatingSystem.IsLinux() && !IsOrdinary(handle))
                throw Directory.Exists(path)
                    ? new UnauthorizedAccessException("it is a folder") : new IOException("it is no ordinary file, but a pipe, a socket or a device");
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static bool IsOrdinary(SafeFileHandle handle)
    {
        Span<byte> buffer = stackalloc byte[256];
        return Statx(handle, "", HandleItself, 0x7ff, ref MemoryMarshal.GetReference(buffer)) != 0
            || (MemoryMarshal.Read<ushort>(buffer[28..]) & KindOfFile) == OrdinaryFile;
    }

    /// <summary>Gives an open file to an owner and a group.</summary>
    /// <remarks>By its handle: in a folder of somebody else's its name may lead to any file by now.</remarks>
    /// <exception cref="UnauthorizedAccessException">Only root may.</exception>
    public static void ChangeOwner(SafeFileHandle file, uint owner, uint group)
    {
        if (!OperatingSystem.IsWindows() && Fchown(file, owner, group) != 0)
            throw new UnauthorizedAccessException($"it cannot be given to user {owner} and group {group}: {LastError()}");
    }

    /// <summary>Gives an open file the owner, group and mode of another; on Windows its access list, by its name.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="path">Its name.</param>
    /// <param name="model">The other one.</param>
    /// <param name="isCommon">Whether it belongs to several, so that it may belong to whoever wrote it last.</param>
    /// <exception cref="UnauthorizedAccessException">The owners differ, and only root may give files away.</exception>
    /// <exception cref="IOException">The other is a link by now.</exception>
    public static void TakeOverRights(SafeFileHandle file, string path, string model, bool isCommon = false)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsFile.TakeOverRights(path, model);
            return;
        }
        if (IsLink(model))
            throw new IOException($"{model} has been replaced by a link");
        if (IdentifyName(model) is { } wanted && Identify(file) is { } present && (wanted.Owner, wanted.Group) != (present.Owner, present.Group))
        {
            try
            {
                ChangeOwner(file, wanted.Owner, wanted.Group);
            }
            catch (UnauthorizedAccessException) when (isCommon)
            {
                // Its folder says who may write it, and who its group is where that matters (setgid).
            }
        }
        // After the owner, because changing the owner clears bits of the mode.
        File.SetUnixFileMode(file, File.GetUnixFileMode(model));
    }

    /// <summary>Whether files can be made and renamed in a folder. A read-only mount says no as well.</summary>
    public static bool IsWritableFolder(string path)
    {
        if (OperatingSystem.IsLinux())
            return Faccessat(CurrentFolder, path, WriteAndSearch, EffectiveIds) == 0;
        return OperatingSystem.IsWindows() || Access(path, WriteAndSearch) == 0;
    }

    /// <summary>Why no file can be made in a folder, which is made itself where it is missing; null when one can, as far as that is to be told
    /// without making one.</summary>
    public static Exception? WhyNotWritable(string folder)
    {
        var there = folder;
        while (!Path.Exists(there) && Path.GetDirectoryName(there) is { } above)
            there = above;
        if (!Directory.Exists(there))
            return new IOException($"{there} is no folder");
        return IsWritableFolder(there) ? null : new UnauthorizedAccessException($"{there} cannot be written to");
    }

    /// <summary>The room that a user has in a folder's file system, in bytes; on Windows a folder can be on a share, which no drive leads to.</summary>
    public static long FreeSpace(string folder) => OperatingSystem.IsWindows() ? WindowsFile.FreeSpace(folder) : new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Gives a file a second name; false where the file system knows no second names.</summary>
    public static bool TryLink(string path, string second) => !OperatingSystem.IsWindows() && Link(path, second) == 0;

    /// <summary>Renames a file, and never over another: File.Move looks first and renames then, and two at once would both find the name free.</summary>
    /// <exception cref="IOException">The name is taken, or the file cannot be renamed.</exception>
    public static void MoveToFreeName(string path, string name)
    {
        if (TryLink(path, name))
            File.Delete(path);
        else
            File.Move(path, name, overwrite: false);
    }

    /// <summary>Makes the names in a folder survive a power failure.</summary>
    public static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(path, 0);
        if (descriptor < 0)
            throw new IOException($"{path} cannot be opened: {LastError()}");
        try
        {
            // Some network file systems do not sync folders and say so (EINVAL); their renames are durable by themselves. On macOS fsync leaves it in the
            // disk's own cache (fsync(2) there).
            if (!OperatingSystem.IsMacOS() || Fcntl(descriptor, FullSync) != 0)
                _ = Fsync(descriptor);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Makes a file's content survive a power failure.</summary>
    public static void SyncFile(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(file);
    }

    private static string LastError() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int Fchown(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "faccessat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Faccessat(int folder, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string path, string second);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
