using System.Diagnostics;
using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>A file system of a few mebibytes, which only root can mount.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk Mount(string folder, int mebibytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root mounts a small file system, on Linux.");
        var disk = new SmallDisk(Directory.CreateDirectory(folder).FullName);
        var mounted = Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m"), "none", disk.Path);
        Assert.SkipWhen(mounted != 0, "A small file system may not be mounted here.");
        return disk;
    }

    /// <summary>Fills it up, but for so many bytes.</summary>
    public void Fill(int but)
    {
        using var file = new FileStream(System.IO.Path.Combine(Path, "fill"), FileMode.Append, FileAccess.Write, FileShare.None, 0);
        file.Write(new byte[new DriveInfo(Path).AvailableFreeSpace - but]);
    }

    public void MakeReadOnly() => Assert.Equal(0, Run("mount", "-o", "remount,ro", Path));

    public void Dispose() => Run("umount", "--lazy", Path);

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
