using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>What can go wrong around a SQLite backup or restore: it ends with the old database or the new one, whole, and says which.</summary>
public sealed class SqliteFaultTests : IDisposable
{
    private const string Copying = "Copying the backup";
    private const string Swap = "Keep the old database under another name, and put the copy in its place";
    private const string InPlace = "Prove the database in its place";

    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    // The copy is read back as it is written: a bit that the disk did not keep is found wherever it is. Without a sidecar it is compared with
    // the backup, with one its SHA-256 is.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_bit_of_the_copy_that_differs_is_found_before_the_swap_at_200_random_places(bool sidecar)
    {
        var target = _box.Real("017", "shoreguard.db");
        var backup = _box.Real("016", "backup.sqlite");
        if (sidecar)
            backup = (await _box.BackUp(backup, _box.Path("backups"))).BackupPath;
        var before = File.ReadAllBytes(target);
        var random = new Random(20261124);
        for (var round = 0; round < 200; round++)
        {
            var (at, bit) = (random.Next((int)new FileInfo(backup).Length), random.Next(8));
            var error = await Assert.ThrowsAsync<ShoreGuardException>(() => Restore(backup, target, when => when == Copying, () => Flip(Copy(), at, bit)));
            Assert.Equal("RestoreCopyDamaged", error.Id);
            Assert.Contains($"byte {at}", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before, File.ReadAllBytes(target));
        Assert.Equal(["backup.sqlite", "shoreguard.db"], Names());
    }

    [Fact]
    public async Task A_backup_that_is_written_to_between_its_proof_and_its_copy_is_refused()
    {
        var target = _box.Real("017", "shoreguard.db");
        var backup = _box.Real("016", "backup.sqlite");
        using var restore = await _box.Plan(backup, target);
        var written = File.GetLastWriteTimeUtc(backup);
        await Task.Delay(20, TestContext.Current.CancellationToken); // The file system's clock ticks.
        Flip(backup, 5000, 3);
        File.SetLastWriteTimeUtc(backup, written);
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => restore.ExecuteAsync(SilentReporter.Instance, CancellationToken.None));
        Assert.Equal("BackupChanged", error.Id);
        Assert.Equal("017", Sandbox.Revision(target));
        Assert.Equal(["backup.sqlite", "shoreguard.db"], Names());
    }

    // A backup with a sidecar was proven when it was made: its SHA-256 says that it still is that file, and the result says that this is why.
    [Fact]
    public async Task A_check_that_was_derived_says_so()
    {
        var target = _box.Real("017", "shoreguard.db");
        var backup = await _box.BackUp(target);
        var result = await _box.Restore(backup.BackupPath, target);
        Assert.StartsWith(
            "derived", Assert.Single(result.Checks, check => check.Name == "backup: quick_check, foreign_key_check").Detail, StringComparison.Ordinal);
        File.Delete(BackupSidecar.PathFor(backup.BackupPath));
        Assert.Contains((await _box.Restore(backup.BackupPath, target)).Checks, check => check is { Name: "backup: quick_check", Detail: "ok" });
    }

    // It opened the old file before the rename, waits for its lock, and would go on with it afterwards.
    [Theory]
    [InlineData("")]
    [InlineData("wal")]
    public async Task An_application_that_starts_between_the_lock_and_the_rename_keeps_its_database_and_its_writes(string mode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who has a file open is told by Linux's /proc alone.");
        var target = _box.Real("017", "shoreguard.db");
        Application? application = null;
        try
        {
            var error = await Assert.ThrowsAsync<ShoreGuardException>(() => Restore(_box.Real("016", "backup.sqlite"), target, when => when == Swap, () =>
            {
                application = Application.Start(target, "", patience: 30);
                Assert.SkipWhen(application is null, "python3 is not installed.");
                application.Send(mode.Length > 0 ? $"PRAGMA journal_mode = {mode}" : "UPDATE gateways SET description = 'late'");
                WaitUntil(() => FileHolders.Find(target).Count > 0);
            }));
            Assert.Equal("RestoreDisturbed", error.Id);
            Assert.Contains($"process {application!.Id}", error.Message, StringComparison.Ordinal);
            Assert.StartsWith("ok", application.Answer(), StringComparison.Ordinal);
            Assert.StartsWith("ok", application.Execute("UPDATE gateways SET description = 'late'"), StringComparison.Ordinal);
            application.End();
        }
        finally
        {
            application?.Dispose();
        }
        Assert.Equal("017", Sandbox.Revision(target));
        Assert.Equal(40L, Sandbox.Scalar<long>(target, "SELECT count(*) FROM gateways WHERE description = 'late'"));
        Assert.DoesNotContain(Names(), name => name!.Contains("restor", StringComparison.Ordinal));
    }

    // Until the new database is proven in its place nobody gets at it; then whoever waits goes on with it.
    [Theory]
    [InlineData("")]
    [InlineData("wal")]
    public async Task An_application_that_starts_after_the_rename_waits_for_the_proof_and_writes_to_the_new_database(string mode)
    {
        var target = _box.Real("017", "shoreguard.db");
        Application? application = null;
        try
        {
            var result = await Restore(_box.Real("016", "backup.sqlite"), target, when => when == InPlace, () =>
            {
                application = Application.Start(target, "", patience: 30);
                Assert.SkipWhen(application is null, "python3 is not installed.");
                application.Send(mode.Length > 0 ? $"PRAGMA journal_mode = {mode}" : "UPDATE gateways SET description = 'late'");
                Thread.Sleep(200);
            });
            Assert.Equal("016", result.Revision);
            Assert.StartsWith("ok", application!.Answer(), StringComparison.Ordinal);
            Assert.StartsWith("ok", application.Execute("UPDATE gateways SET description = 'late'"), StringComparison.Ordinal);
            application.End();
            Assert.Equal(0L, Sandbox.Scalar<long>(result.Kept!, "SELECT count(*) FROM gateways WHERE description = 'late'"));
        }
        finally
        {
            application?.Dispose();
        }
        Assert.Equal("016", Sandbox.Revision(target));
        Assert.Equal(40L, Sandbox.Scalar<long>(target, "SELECT count(*) FROM gateways WHERE description = 'late'"));
    }

    [Fact]
    public async Task A_restore_that_fails_after_the_rename_leaves_nobody_with_the_file_that_is_taken_back()
    {
        var target = _box.Real("017", "shoreguard.db");
        Application? application = null;
        try
        {
            await Assert.ThrowsAsync<IOException>(() => Restore(_box.Real("016", "backup.sqlite"), target, when => when == InPlace, () =>
            {
                application = Application.Start(target, "", patience: 30);
                Assert.SkipWhen(application is null, "python3 is not installed.");
                application.Send("UPDATE gateways SET description = 'late'");
                Thread.Sleep(200);
                throw new IOException("injected");
            }));
            // Either it is told that its database is gone, or its rows are in the database under the name.
            var answer = application!.Answer()!;
            application.End();
            Assert.Equal(answer.StartsWith("ok", StringComparison.Ordinal)
                ? 40L : 0L, Sandbox.Scalar<long>(target, "SELECT count(*) FROM gateways WHERE description = 'late'"));
        }
        finally
        {
            application?.Dispose();
        }
        Assert.Equal("017", Sandbox.Revision(target));
    }

    [Fact]
    public async Task Of_restores_that_begin_at_the_same_time_each_succeeds_or_is_refused_and_the_database_is_whole()
    {
        var target = _box.Real("017", "shoreguard.db");
        string[] backups = [_box.Real("012", "b1.sqlite"), _box.Real("016", "b2.sqlite"), _box.Real("017", "b3.sqlite")];
        for (var round = 0; round < 5; round++)
        {
            var results = await Task.WhenAll(backups.Select(backup => Task.Run(() => TryRestore(backup, target))));
            Assert.All(results.Where(one => one.Error is not null), one => Assert.Equal(FailureKind.ResourceBusy, one.Error!.Kind));
            Assert.Equal("ok", Sandbox.Scalar<string>(target, "PRAGMA integrity_check"));
            // Every database that was replaced is kept, under a name of its own.
            var kept = results.Where(one => one.Result is not null).Select(one => one.Result!.Kept!).ToList();
            Assert.Equal(kept.Count, kept.Distinct().Count());
            Assert.All(kept, path => Assert.Equal("ok", Sandbox.Scalar<string>(path, "PRAGMA integrity_check")));
            Assert.DoesNotContain(Names(), name => name!.Contains(".restoring-", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_swap_that_fails_between_the_second_name_and_the_rename_leaves_no_second_name()
    {
        var target = _box.Real("017", "shoreguard.db");
        File.WriteAllText(target + "-wal", "the rest");
        _box.Real("016", "copy");
        var before = _box.Snapshot();
        var swap = new SqliteSwap(target, _box.Path("copy"), target + ".kept");
        Assert.Throws<IOException>(() => swap.Do(() => throw new IOException("injected")));
        swap.Undo();
        Assert.Equal(before, _box.Snapshot());
    }

    [Fact]
    public async Task No_room_for_the_copy_is_told_before_anything_is_made()
    {
        using var disk = SmallDisk.Mount(_box.Path("disk"), 1);
        var target = Place(disk, "017", "shoreguard.db");
        disk.Fill(100_000);
        var before = _box.Snapshot();
        Assert.Equal("DiskFull", (await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Real("016", "backup.sqlite"), target))).Id);
        Assert.Equal(before.Count + 1, _box.Snapshot().Count);
    }

    [Fact]
    public async Task A_disk_that_fills_up_while_the_copy_is_written_leaves_the_old_database()
    {
        using var disk = SmallDisk.Mount(_box.Path("disk"), 3);
        var target = Place(disk, "017", "shoreguard.db");
        using var restore = await _box.Plan(_box.Real("016", "backup.sqlite"), target);
        disk.Fill(150_000);
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => restore.ExecuteAsync(SilentReporter.Instance, CancellationToken.None));
        Assert.Equal(("RestoreNotWritable", FailureKind.WriteError), (error.Id, error.Kind));
        Assert.Equal("017", Sandbox.Revision(target));
        Assert.Equal(["fill", "shoreguard.db"], Directory.GetFiles(disk.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    // Folding the WAL in makes the old database grow.
    [Fact]
    public async Task A_disk_that_is_full_when_the_wal_is_folded_in_leaves_the_old_database_with_every_row()
    {
        using var disk = SmallDisk.Mount(_box.Path("disk"), 4);
        var target = Place(disk, "017", "shoreguard.db");
        using (var application = Application.Start(target, "wal"))
        {
            Assert.SkipWhen(application is null, "python3 is not installed.");
            application.Execute("PRAGMA wal_autocheckpoint = 0");
            application.Execute("CREATE TABLE late (x)");
            application.Execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO late SELECT hex(randomblob(200)) FROM n");
            application.Kill();
        }
        var rows = _box.Content(target);
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() =>
            Restore(_box.Real("016", "backup.sqlite"), target, when => when == "Lock the old database and fold its WAL in", () => disk.Fill(4096)));
        Assert.Equal("DiskFull", error.Id);
        Assert.Equal(rows, _box.Content(target));
        Assert.DoesNotContain(Directory.GetFiles(disk.Path), path => path.Contains("restor", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_that_is_full_leaves_no_half_backup()
    {
        using var disk = SmallDisk.Mount(_box.Path("disk"), 1);
        disk.Fill(100_000);
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.BackUp(_box.Real("017", "shoreguard.db"), disk.Path));
        Assert.Equal("DiskFull", error.Id);
        Assert.Equal(["fill"], Directory.GetFiles(disk.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_sidecar_for_which_there_is_no_room_is_a_warning_and_the_backup_stays()
    {
        using var disk = SmallDisk.Mount(_box.Path("disk"), 1);
        var database = _box.Real("017", "shoreguard.db");
        // Room for the file and for what the folder needs, and not for one block more.
        disk.Fill((int)(new FileInfo(database).Length + 4095) / 4096 * 4096);
        var warnings = new CollectingReporter();
        using var backup = await DatabaseBackup.PlanAsync(
            new DatabaseRequest { Url = $"sqlite:///{database}", BaseFolder = _box.Folder }, _box.State, TestContext.Current.CancellationToken);
        var made = await backup.RunAsync(disk.Path, BackupRetention.Everything, warnings, TestContext.Current.CancellationToken);
        Assert.Contains("could not be written beside it", Assert.Single(warnings.Warnings), StringComparison.Ordinal);
        Assert.Equal(["fill", Path.GetFileName(made.BackupPath)], Directory.GetFiles(disk.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("017", Sandbox.Revision(made.BackupPath));
    }

    [Fact]
    public async Task A_drill_without_room_is_a_finding_and_leaves_nothing()
    {
        using var disk = SmallDisk.Mount(_box.Path("disk"), 1);
        disk.Fill(100_000);
        var backup = await _box.BackUp(_box.Real("017", "shoreguard.db"));
        var report = await BackupTest.RunAsync(
            new() { BackupPath = backup.BackupPath, Drill = true, ScratchFolder = disk.Path }, SilentReporter.Instance, TestContext.Current.CancellationToken);
        Assert.Equal((false, ProofOutcome.Passed, ProofOutcome.NotRun), (report.Usable, report.Integrity, report.Restored));
        Assert.Contains("not enough space", report.Problem, StringComparison.Ordinal);
        Assert.Equal(["fill"], Directory.GetFiles(disk.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_on_a_read_only_mount_is_refused(bool existed)
    {
        using var disk = SmallDisk.Mount(_box.Path("disk"), 2);
        var target = existed ? Place(disk, "017", "shoreguard.db") : Path.Combine(disk.Path, "shoreguard.db");
        disk.MakeReadOnly();
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Real("016", "backup.sqlite"), target));
        Assert.Equal(("DatabaseFolderNotWritable", FailureKind.PermissionDenied), (error.Id, error.Kind));
        if (existed)
            Assert.Equal("017", (await _box.BackUp(target)).Revision);
    }

    private async Task<RestoreResult> Restore(string backup, string target, Func<string, bool> when, Action fault)
    {
        using var restore = await _box.Plan(backup, target);
        return await restore.ExecuteAsync(new FaultyReporter(when, fault), CancellationToken.None);
    }

    private async Task<(RestoreResult? Result, ShoreGuardException? Error)> TryRestore(string backup, string target)
    {
        try
        {
            return (await _box.Restore(backup, target), null);
        }
        catch (ShoreGuardException error)
        {
            return (null, error);
        }
    }

    private string Place(SmallDisk disk, string revision, string name)
    {
        var path = Path.Combine(disk.Path, name);
        File.Move(_box.Real(revision, name), path);
        return path;
    }

    private string Copy() => Assert.Single(Directory.GetFiles(_box.Folder, "*.restoring-*"));

    private IEnumerable<string?> Names() => Directory.GetFiles(_box.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private static void Flip(string path, int at, int bit)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ (1 << bit)));
    }

    private static void WaitUntil(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "It did not come to that.");
            Thread.Sleep(10);
        }
    }

    /// <summary>Does something once, when a step or a progress is told: steps are told before they begin.</summary>
}
