using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Tests.Databases;

namespace ShoreGuard.Rollback.Engine.Tests.Files;

/// <summary>Who may write to the folder in which something is replaced puts links there, while it is: no file elsewhere is written, given away or
/// opened to others.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LinkTests : IDisposable
{
    private const string Copying = "Copying the backup";
    private const string Proving = "Prove the copy";
    private const string Secret = "somebody else's";

    private readonly Sandbox _box = new();
    private readonly string _victim;

    public LinkTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Only an administrator makes links on Windows.");
        _victim = Path.Combine(Directory.CreateDirectory(_box.Path("elsewhere")).FullName, "victim");
        File.WriteAllText(_victim, Secret);
        File.SetUnixFileMode(_victim, UnixFileMode.UserRead);
    }

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData(Copying)]
    [InlineData(Proving)]
    public async Task A_link_in_the_place_of_a_restores_copy(string when)
    {
        var target = _box.Real("017", "shoreguard.db");
        File.SetUnixFileMode(target, (UnixFileMode)0b110_100_100);
        GiveToAnother(target);
        var before = File.ReadAllBytes(target);
        using var restore = await _box.Plan(_box.Real("016", "backup.sqlite"), target);

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => restore.ExecuteAsync(new FaultyReporter(said => said == when, () =>
        {
            var copy = Assert.Single(Directory.GetFiles(_box.Folder, "*.restoring-*"));
            File.Delete(copy);
            File.CreateSymbolicLink(copy, _victim);
        }), CancellationToken.None));

        Assert.Equal("RestoreDisturbed", error.Id);
        Assert.Equal(before, File.ReadAllBytes(target));
        AssertVictimIsAsItWas();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Links_in_the_place_of_a_backup_in_the_making(bool isDatabase)
    {
        var (source, folder) = (_box.Real("017", "source.db"), Directory.CreateDirectory(_box.Path("backups")).FullName);
        var victim = isDatabase ? _box.Real("012", Path.Combine("elsewhere", "theirs.db")) : _victim;
        File.SetUnixFileMode(victim, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var before = File.ReadAllBytes(victim);
        using var stop = new CancellationTokenSource();
        var exchanging = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var made in Directory.EnumerateFiles(folder, ".shoreguard-*.partial").Where(path => !NativeFile.IsLink(path)))
                    Exchange(made, victim);
            }
        }, TestContext.Current.CancellationToken);
        try
        {
            for (var round = 0; round < 20; round++)
            {
                try
                {
                    Assert.False(NativeFile.IsLink((await _box.BackUp(source, folder)).BackupPath));
                }
                catch (ShoreGuardException error)
                {
                    Assert.Equal("BackupNotWritable", error.Id);
                }
                Assert.Equal(before, File.ReadAllBytes(victim));
            }
        }
        finally
        {
            await stop.CancelAsync();
            await exchanging;
        }
        Assert.DoesNotContain(Directory.EnumerateFiles(folder, "shoreguard-*"), NativeFile.IsLink);
    }

    [Fact]
    public async Task A_backup_in_the_making_that_somebody_takes_away()
    {
        var (source, folder) = (_box.Real("017", "source.db"), Directory.CreateDirectory(_box.Path("backups")).FullName);
        var taking = new FaultyReporter(said =>
            said.StartsWith("backup: header", StringComparison.Ordinal), () => File.Delete(Assert.Single(Directory.GetFiles(folder))));

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.BackUp(source, folder, reporter: taking));

        Assert.Equal("BackupNotWritable", error.Id);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    private static void Exchange(string path, string victim)
    {
        try
        {
            File.Delete(path);
            File.CreateSymbolicLink(path, victim);
        }
        catch (IOException)
        {
            // It has got its name already.
        }
    }

    [Theory]
    [InlineData("-journal")]
    [InlineData("-wal")]
    [InlineData("-shm")]
    public async Task A_link_where_SQLite_keeps_a_part_of_the_database(string suffix)
    {
        var target = _box.Real("017", "shoreguard.db");
        var backup = _box.Real("016", "backup.sqlite");
        File.CreateSymbolicLink(target + suffix, _victim);
        foreach (var action in (Func<Task>[])[() => _box.Restore(backup, target), () => _box.BackUp(target, _box.Path("backups"))])
        {
            var error = await Assert.ThrowsAsync<ShoreGuardException>(action);
            Assert.Equal("DatabaseCompanionIsLink", error.Id);
            Assert.Equal(FailureKind.SecurityError, error.Kind);
            AssertVictimIsAsItWas();
        }
    }

    [Fact]
    public void A_link_in_the_place_of_what_is_written_beside_a_file()
    {
        var path = _box.Path(".env");
        File.WriteAllText(path, "A=1\n");
        using (var file = AtomicFile.Prepare(path, "A=2\n"u8))
        {
            File.Delete(file.TemporaryPath);
            File.CreateSymbolicLink(file.TemporaryPath, _victim);
            Assert.Contains("another file", Assert.Throws<IOException>(file.Commit).Message, StringComparison.Ordinal);
        }
        Assert.Equal("A=1\n", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_box.Folder, ".env*"));
        AssertVictimIsAsItWas();
    }

    [Fact]
    public void A_loop_that_makes_links_all_the_time()
    {
        var path = _box.Path(".env");
        File.WriteAllText(path, "A=1\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        GiveToAnother(path);
        using var loop = Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", $"while :; do for f in '{path}'.*.tmp; do [ -e \"$f\" ] && ln -sf '{_victim}' \"$f\"; done; done"]))!;
        try
        {
            for (var round = 0; round < 200; round++)
            {
                try
                {
                    using var file = AtomicFile.Prepare(path, Encoding.UTF8.GetBytes($"A={round}\n"));
                    file.Commit();
                    Assert.False(NativeFile.IsLink(path), "It said that it was written, and it is a link.");
                }
                catch (IOException)
                {
                    // It was found.
                }
                if (NativeFile.IsLink(path))
                {
                    File.Delete(path);
                    File.WriteAllText(path, "A=1\n");
                }
            }
        }
        finally
        {
            loop.Kill(entireProcessTree: true);
            loop.WaitForExit();
        }
        AssertVictimIsAsItWas();
    }

    [Fact]
    public void A_file_that_another_user_has_made_a_link_to_a_third_ones()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root gives links away.");
        var path = _box.Path(".env");
        File.CreateSymbolicLink(path, _victim);
        using (var chown = Process.Start("chown", ["--no-dereference", "1000", path]))
            chown.WaitForExit();
        Assert.Throws<UnauthorizedAccessException>(() => AtomicFile.Prepare(path, "A=2\n"u8));
        AssertVictimIsAsItWas();
    }

    // As the application's user has them; for anybody but root they stay his own.
    private static void GiveToAnother(string path)
    {
        if (!Environment.IsPrivilegedProcess)
            return;
        using var chown = Process.Start("chown", ["1000:1000", path]);
        chown.WaitForExit();
        Assert.Equal(0, chown.ExitCode);
    }

    private void AssertVictimIsAsItWas()
    {
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(_victim));
        Assert.Equal(Secret, File.ReadAllText(_victim));
        if (NativeFile.Identify(_victim) is { } victim)
            Assert.Equal(NativeFile.Identify(_box.Folder)!.Value.Owner, victim.Owner);
    }
}
