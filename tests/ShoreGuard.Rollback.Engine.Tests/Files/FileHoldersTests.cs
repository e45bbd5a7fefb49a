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

    public void Dispose() => _box.Dispose();
}
