using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>What .NET does not wrap of a file system of Windows, and the access lists of files.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsFile
{
    // winerror.h.
    private const int SharingViolation = 32, SharingViolationResult = unchecked((int)0x80070020);

    private const int BasicInformation = 0;

    // winnt.h, fileapi.h.
    private const uint Delete = 0x00010000, OpenExisting = 3, BackupSemantics = 0x02000000, OpenReparsePoint = 0x00200000;

    /// <summary>Which file a path leads to, whatever its name: the volume, and the file's number on it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="throughLinks">Whether a link is followed.</param>
    public static NativeFile.Identity? Identify(string path, bool throughLinks)
    {
        using var file = Open(path, access: 0, BackupSemantics | (throughLinks ? 0 : OpenReparsePoint));
        return file.IsInvalid ? null : Identify(file);
    }

    /// <summary>Which file is open.</summary>
    public static NativeFile.Identity? Identify(SafeFileHandle file) =>
        GetFileInformationByHandle(file, out var found) ? new(0, 0, found.VolumeSerialNumber, ((ulong)found.FileIndexHigh << 32) | found.FileIndexLow) : null;

    /// <summary>When a file's content or attributes changed last, in ticks of 100 ns; zero where its file system does not tell.</summary>
    public static long ChangeTime(string path)
    {
        using var file = Open(path, access: 0, BackupSemantics);
        return !file.IsInvalid && GetFileInformationByHandleEx(file, BasicInformation, out var found, (uint)Marshal.SizeOf<Basic>()) ? found.ChangeTime : 0;
    }

    /// <summary>Refuses a file that could not be replaced now: another program has it open, and lets it not be deleted.</summary>
    /// <exception cref="IOException">It could not.</exception>
    public static void RequireReplaceable(string path)
    {
        try
        {
            FileConflict.Retry(() => OpenToReplace(path));
        }
        catch (IOException)
        {
            throw new IOException($"{path} is open in {FileHolders.Program(path)}, which lets nobody replace it, as editors, virus scanners and "
                + "programs that synchronize do", SharingViolationResult);
        }
    }

    private static void OpenToReplace(string path)
    {
        using var file = Open(path, Delete, flags: 0);
        // Whatever else keeps it from being opened so need not keep it from being replaced.
        if (file.IsInvalid && Marshal.GetLastPInvokeError() == SharingViolation)
            throw new IOException("It is open.", SharingViolationResult);
    }

    /// <summary>The room that the user has in a folder's file system, in bytes.</summary>
    /// <exception cref="IOException">Windows does not tell.</exception>
    public static long FreeSpace(string folder) =>
        GetDiskFreeSpaceEx(folder, out var free, IntPtr.Zero, IntPtr.Zero) ? (long)Math.Min(free, long.MaxValue)
            : throw new IOException($"the free space of {folder} is unknown: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    /// <summary>An access list that lets nobody at a file but the user.</summary>
    public static FileSecurity ForTheUserAlone()
    {
        using var user = WindowsIdentity.GetCurrent();
        var security = new FileSecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        security.AddAccessRule(new(user.User!, FileSystemRights.FullControl, AccessControlType.Allow));
        return security;
    }

    /// <summary>Gives a file the access list of another.</summary>
    public static void TakeOverRights(string path, string model)
    {
        var security = new FileSecurity();
        var theirs = new FileInfo(model).GetAccessControl(AccessControlSections.Access);
        security.SetSecurityDescriptorBinaryForm(theirs.GetSecurityDescriptorBinaryForm(), AccessControlSections.Access);
        new FileInfo(path).SetAccessControl(security);
    }

    /// <summary>Gives a file what its folder grants.</summary>
    public static void InheritRights(string path)
    {
        var security = new FileSecurity();
        security.SetAccessRuleProtection(isProtected: false, preserveInheritance: false);
        new FileInfo(path).SetAccessControl(security);
    }

    private static SafeFileHandle Open(string path, uint access, uint flags) =>
        CreateFile(path, access, SharedFile.Share, IntPtr.Zero, OpenExisting, flags, IntPtr.Zero);

    // BY_HANDLE_FILE_INFORMATION (fileapi.h).
    [StructLayout(LayoutKind.Sequential)]
    private struct Information
    {
        public uint FileAttributes;
        public uint CreationTimeLow, CreationTimeHigh, LastAccessTimeLow, LastAccessTimeHigh, LastWriteTimeLow, LastWriteTimeHigh;
        public uint VolumeSerialNumber;
        public uint FileSizeHigh, FileSizeLow;
        public uint NumberOfLinks;
        public uint FileIndexHigh, FileIndexLow;
    }

    // FILE_BASIC_INFO (winbase.h).
    [StructLayout(LayoutKind.Sequential)]
    private struct Basic
    {
        public long CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
        public uint FileAttributes;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandleEx(SafeFileHandle file, int kind, out Basic information, uint size);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    private static partial SafeFileHandle CreateFile(string path, uint access, FileShare share, IntPtr security, uint disposition, uint flags, IntPtr template);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandle(SafeFileHandle file, out Information information);

    [LibraryImport("kernel32", EntryPoint = "GetDiskFreeSpaceExW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetDiskFreeSpaceEx(string folder, out ulong free, IntPtr total, IntPtr totalFree);
}
