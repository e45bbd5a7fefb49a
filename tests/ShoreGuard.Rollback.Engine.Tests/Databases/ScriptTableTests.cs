using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Operations.Restoring;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>What ShoreGuard's own scripts/backup.py and scripts/restore.py get wrong with SQLite, case by case, and what happens here instead.</summary>
public sealed class ScriptTableTests : IDisposable
{
    private readonly Sandbox _box = new();
    private readonly string _target;

    public ScriptTableTests() => _target = _box.Real("017", "shoreguard.db");

    public void Dispose() => _box.Dispose();

    // The scripts read and write /rel.db, say "Restored", and leave the real file as it is.
    [Fact]
    public async Task Relative_url_means_the_file_in_the_present_folder_for_backup_and_restore()
    {
        _box.Real("012", "rel.db");
        var request = new DatabaseRequest { Url = "sqlite:///./rel.db", BaseFolder = _box.Folder };
        using (var backup = await DatabaseBackup.PlanAsync(request, _box.State, TestContext.Current.CancellationToken))
            Assert.Equal("012",
                (await backup.RunAsync(
                _box.Path("backups"), BackupRetention.Everything, SilentReporter.Instance, TestContext.Current.CancellationToken)).Revision);
        using var restore = await DatabaseRestore.PlanAsync(
            request, _box.State, _box.Real("016", "backup.sqlite"), null, null, false, SilentReporter.Instance, TestContext.Current.CancellationToken);
        Assert.True((await restore.ExecuteAsync(SilentReporter.Instance, TestContext.Current.CancellationToken)).Succeeded);
        Assert.Equal("016", Sandbox.Revision(_box.Path("rel.db")));
        Assert.False(File.Exists("/rel.db"));
    }

    // The script exits with 0, and has backed up an empty database.
    [Fact]
    public async Task Backup_of_a_missing_file_is_an_error_and_makes_neither_a_backup_nor_a_database()
    {
        var before = _box.Snapshot();
        Assert.Equal("DatabaseMissing", (await Assert.ThrowsAsync<ShoreGuardException>(() => _box.BackUp(_box.Path("missing.db"), _box.Folder))).Id);
        Assert.Equal(before, _box.Snapshot());
    }

    // With the script the second overwrites the first.
    [Fact]
    public async Task Two_backups_in_one_second_are_two_files_with_two_sidecars()
    {
        var first = await _box.BackUp(_target);
        var second = await _box.BackUp(_target);
        Assert.NotEqual(first.BackupPath, second.BackupPath);
        Assert.All([first.BackupPath, second.BackupPath], path => Assert.True(File.Exists(path) && File.Exists(BackupSidecar.PathFor(path))));
    }

    // The script deletes the target first, and then finds that it has nothing to put there (truncated, garbage, a dump); or it empties or
    // damages the target, and exits with 0 (empty, damaged pages).
    [Theory]
    [InlineData("truncated")]
    [InlineData("truncated-mid-page")]
    [InlineData("garbage")]
    [InlineData("dump")]
    [InlineData("empty")]
    [InlineData("overwritten")]
    public async Task A_bad_source_leaves_the_database_as_it_is(string what)
    {
        BadFiles.Make(what, _box.Path("backup.sqlite"), _box);
        var before = _box.Snapshot();
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Path("backup.sqlite"), _target));
        Assert.True(error.NothingChanged);
        Assert.Equal(before, _box.Snapshot());
    }

    // One page of a table, as a failing disk leaves it: in each of ten places.
    [Fact]
    public async Task A_source_with_a_damaged_page_is_refused_wherever_the_page_is()
    {
        var good = File.ReadAllBytes(_box.Real("016", "good.sqlite"));
        var before = File.ReadAllBytes(_target);
        for (var place = 0; place < 10; place++)
        {
            var bad = (byte[])good.Clone();
            Array.Fill(bad, (byte)0xa5, (1 + (place * (good.Length / 4096 - 2) / 9)) * 4096, 4096);
            File.WriteAllBytes(_box.Path("backup.sqlite"), bad);
            Assert.Equal("BackupDamaged", (await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Path("backup.sqlite"), _target))).Id);
        }
        Assert.Equal(before, File.ReadAllBytes(_target));
    }

    // With the scripts 0600 becomes 0644.
    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task The_mode_stays_and_nobody_else_can_read_backup_and_sidecar()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Of Unix; on Windows it is the access list.");
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(_target, Private);
        var backup = await _box.BackUp(_target);
        await _box.Restore(backup.BackupPath, _target);
        Assert.All([_target, backup.BackupPath, BackupSidecar.PathFor(backup.BackupPath)], path => Assert.Equal(Private, File.GetUnixFileMode(path)));
    }

    // With the script the application goes on with the unlinked file, and every later write is lost at its restart.
    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public async Task While_another_process_has_the_database_open_the_restore_is_refused_and_its_writes_stay(string mode)
    {
        using var application = Application.Start(_target, mode);
        Assert.SkipWhen(application is null, "python3 is not installed.");
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Real("016", "backup.sqlite"), _target));
        Assert.Equal("DatabaseBusy", error.Id);
        if (OperatingSystem.IsLinux())
            Assert.Contains($"process {application.Id}", error.Message, StringComparison.Ordinal);
        application.Execute("INSERT INTO webhooks (url, secret, created_by, created_at) VALUES ('late', 's', 'me', '2026-01-01')");
        application.End();
        Assert.Equal(1L, Sandbox.Scalar<long>(_target, "SELECT count(*) FROM webhooks WHERE url = 'late'"));
        Assert.Equal("017", Sandbox.Revision(_target));
    }

    // With cp beside a left-over WAL the rows of the bad build come back, and integrity_check says ok.
    [Fact]
    public async Task Rows_of_a_left_over_wal_never_come_back_in_the_restored_database()
    {
        var target = _box.Killed("017", "killed.db");
        var wal = File.ReadAllBytes(target + "-wal");
        var backup = _box.Real("016", "backup.sqlite");
        File.Copy(backup, _box.Path("control.db"));
        File.WriteAllBytes(_box.Path("control.db-wal"), wal);
        Assert.Equal(1L, Sandbox.Scalar<long>(_box.Path("control.db"), "SELECT count(*) FROM sqlite_schema WHERE name = 'late'"));

        var result = await _box.Restore(backup, target);
        Assert.Equal(0L, Sandbox.Scalar<long>(target, "SELECT count(*) FROM sqlite_schema WHERE name = 'late'"));
        Assert.Equal(1L, Sandbox.Scalar<long>(result.Kept!, "SELECT count(*) FROM late"));
    }
}
