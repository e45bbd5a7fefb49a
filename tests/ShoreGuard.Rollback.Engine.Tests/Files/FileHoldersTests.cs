using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Tests.Databases;

namespace ShoreGuard.Rollback.Engine.Tests.Files;

/// <summary>Who has a file open.</summary>
public sealed class FileHoldersTests : IDisposable
{
    private readonly Sandbox _box = new();

    // As one that begins another program does (execve(2)), or names itself after what it does (prctl(2)).
    [Fact]
    public void One_that_is_called_otherwise_each_time_it_is_looked_at_is_found()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells who has a file open.");
        var path = _box.Real("017", "shoreguard.db");
        using var other = Process.Start(
            new ProcessStartInfo(
            "sh", ["-c", "exec 3< \"$0\"; echo open; while i=$((i+1)); do echo holder-$i > /proc/$$/comm; done", path]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("open", other.StandardOutput.ReadLine());
            for (var look = 0; look < 5; look++)
                Assert.EndsWith($"(process {other.Id})", Assert.Single(FileHolders.Find(path)), StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }

    // RM_PROCESS_INFO has 668 bytes (restartmanager.h): of another size, what it writes would go where nobody gave it room.
    [Fact]
    public void What_Windows_fills_in_has_the_size_that_it_expects() => Assert.Equal(668, System.Runtime.InteropServices.Marshal.SizeOf(
        typeof(FileHolders).Assembly.GetType("ShoreGuard.Rollback.Engine.Files.RestartManager+ProcessInfo", throwOnError: true)!));

    // The Restart Manager's, which Wine has not.
    [Fact]
    public void On_Windows_the_system_tells()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "The Restart Manager is one of Windows.");
        var path = _box.Real("017", "shoreguard.db");
        Assert.Empty(FileHolders.Find(path));
        using var other = Process.Start(new ProcessStartInfo("cmd", $"/c ping -n 60 127.0.0.1 < \"{path}\" > nul"))!;
        try
        {
            for (var until = DateTime.UtcNow.AddSeconds(10); FileHolders.Find(path).Count == 0 && DateTime.UtcNow < until;)
                Thread.Sleep(50);
            Assert.Contains(FileHolders.Find(path), holder => holder.Contains("(process ", StringComparison.Ordinal));
            Assert.Empty(FileHolders.Find(path, writersOnly: true));
        }
        finally
        {
            other.Kill(entireProcessTree: true);
            other.WaitForExit();
        }
    }

    public void Dispose() => _box.Dispose();
}
