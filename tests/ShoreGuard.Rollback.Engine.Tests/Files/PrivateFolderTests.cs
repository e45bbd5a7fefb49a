using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Files;

/// <summary>What may hold secrets is the user's alone, and does not outlive its use, however its maker ends.</summary>
public sealed class PrivateFolderTests
{
    private readonly string _prefix = $"sgtest-private-{Guid.NewGuid():n}-";

    [Fact]
    public void It_is_the_users_alone_and_goes_with_its_use()
    {
        string path;
        using (var folder = new PrivateFolder(_prefix, "key"))
        {
            path = folder.Write("key", "secret"u8);
            using (var read = new StreamReader(SharedFile.OpenRead(path)))
                Assert.Equal("secret", read.ReadToEnd());
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
            }
        }
        Assert.False(Directory.Exists(Path.GetDirectoryName(path)));
    }

    [Fact]
    public void What_a_killed_process_has_left_goes_with_the_next_and_what_is_in_use_stays()
    {
        using var inUse = new PrivateFolder(_prefix, "key");
        var used = inUse.Write("key", "secret"u8);
        var (left, foreign) = (Make("key"), Make("of somebody else"));
        foreach (var folder in (string[])[Path.GetDirectoryName(used)!, left, foreign])
            Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow.AddMinutes(-2));

        using (new PrivateFolder(_prefix, "key"))
        {
            Assert.False(Directory.Exists(left));
            Assert.True(File.Exists(used));
            Assert.True(File.Exists(Path.Combine(foreign, "of somebody else")));
        }
        Directory.Delete(foreign, recursive: true);
    }

    private string Make(string name)
    {
        var folder = Directory.CreateTempSubdirectory(_prefix).FullName;
        File.WriteAllText(Path.Combine(folder, name), "secret");
        return folder;
    }
}
