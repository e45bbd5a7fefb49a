using System.Diagnostics;
using System.Security.Cryptography;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class SqliteBackupTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData("012")]
    [InlineData("016")]
    [InlineData("017")]
    public async Task A_real_database_is_backed_up_whole(string revision)
    {
        var backup = await _box.BackUp(_box.Real(revision, "shoreguard.db"));
        Assert.Equal(revision, backup.Revision);
        Assert.Matches(@"/backups/shoreguard-\d{8}T\d{6}Z\.sqlite$", backup.BackupPath.Replace('\\', '/'));
        Assert.Equal(40, backup.Rows.Single(table => table.Table == "gateways").Rows);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(backup.BackupPath))), backup.Sha256);
        Assert.Equal(new FileInfo(backup.BackupPath).Length, backup.Size);
        Assert.All(backup.Checks, check => Assert.True(check.Passed, check.Name));
        Assert.Equal(
            ["backup: header and length", "backup: quick_check", "backup: foreign_key_check", "backup: revision"], backup.Checks.Select(check => check.Name));
        Assert.Single(Directory.GetFiles(_box.Path("backups"), "*.sqlite"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backup.BackupPath));
    }

    [Fact]
    public async Task Committed_rows_of_the_wal_are_in_and_open_transactions_are_out()
    {
        var path = _box.Real("017", "shoreguard.db");
        using var application = Sandbox.OpenAsApplication(path);
        Sandbox.Execute(application, "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)");
        using var open = application.BeginTransaction();
        using (var insert = application.CreateCommand())
        {
            insert.CommandText = "INSERT INTO t VALUES (3)";
            insert.ExecuteNonQuery();
        }
        var backup = await _box.BackUp(path);
        Assert.Equal(2, backup.Rows.Single(table => table.Table == "t").Rows);
        Assert.Equal("delete", Sandbox.Scalar<string>(backup.BackupPath, "PRAGMA journal_mode"));
        open.Commit();
        Sandbox.Execute(application, "INSERT INTO t VALUES (4)");
    }

    [Fact]
    public async Task A_stopped_application_with_rows_in_its_wal_loses_none()
    {
        var live = _box.Real("016", "live.db");
        using var application = Sandbox.OpenAsApplication(live);
        Sandbox.Execute(application, "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)");
        var path = _box.Path("killed.db");
        File.Copy(live, path);
        File.Copy(live + "-wal", path + "-wal");
        Assert.Equal(2, (await _box.BackUp(path)).Rows.Single(table => table.Table == "t").Rows);
    }

    // As it is where a container has the file mounted without its folder.
    [Fact]
    public async Task An_application_that_knows_the_file_by_another_name_has_its_wal_there_and_no_backup_is_made_without_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who has a file open is told by Linux's /proc alone.");
        var path = _box.Real("017", "shoreguard.db");
        Directory.CreateDirectory(_box.Path("elsewhere"));
        using (var link = Process.Start("ln", [path, _box.Path("elsewhere/same.db")]))
            link.WaitForExit();
        using var application = Application.Start(_box.Path("elsewhere/same.db"), "wal");
        Assert.SkipWhen(application is null, "python3 is not installed.");
        application.Execute("CREATE TABLE late (x)");
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.BackUp(path));
        Assert.Equal(("WalElsewhere", FailureKind.ResourceBusy), (error.Id, error.Kind));
        Assert.Contains($"process {application.Id}", error.Message, StringComparison.Ordinal);
        application.End();
        Assert.Contains((await _box.BackUp(path)).Rows, table => table.Table == "late");
    }

    [Fact]
    public async Task A_program_that_only_reads_a_stopped_application_s_file_is_no_obstacle()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Who has a file open is told by Linux's /proc alone.");
        var path = _box.Real("017", "shoreguard.db");
        using (var application = Application.Start(path, "wal"))
        {
            Assert.SkipWhen(application is null, "python3 is not installed.");
            application.End();
        }
        using var reader = Process.Start(new ProcessStartInfo("tail", ["--follow", path]) { RedirectStandardOutput = true })!;
        try
        {
            while (FileHolders.Find(path).Count == 0)
                await Task.Delay(20, TestContext.Current.CancellationToken);
            Assert.Equal("017", (await _box.BackUp(path)).Revision);
        }
        finally
        {
            reader.Kill();
        }
    }

    [Fact]
    public async Task An_application_may_write_all_the_time()
    {
        var path = _box.Real("017", "shoreguard.db");
        using var application = Sandbox.OpenAsApplication(path);
        Sandbox.Execute(application, "CREATE TABLE pairs (a, b)");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var writing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                Sandbox.Execute(application, "BEGIN; INSERT INTO pairs VALUES (1, NULL); INSERT INTO pairs VALUES (NULL, 1); COMMIT");
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            var backup = await _box.BackUp(path, _box.Path($"backups-{i}"));
            Assert.Equal(0L, Sandbox.Scalar<long>(backup.BackupPath, "SELECT count(a) - count(b) FROM pairs"));
        }
        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task Two_backups_in_one_second_are_two_files()
    {
        var path = _box.Real("012", "shoreguard.db");
        var backups = await Task.WhenAll(_box.BackUp(path), _box.BackUp(path), _box.BackUp(path));
        Assert.Equal(3, backups.Select(backup => backup.BackupPath).Distinct().Count());
        Assert.Equal(3, Directory.GetFiles(_box.Path("backups"), "*.sqlite").Length);
    }

    [Fact]
    public async Task A_relative_url_means_the_base_folder()
    {
        _box.Real("012", "rel.db");
        using var backup = await DatabaseBackup.PlanAsync(
            new() { Url = "sqlite:///./rel.db", BaseFolder = _box.Folder }, _box.State, TestContext.Current.CancellationToken);
        Assert.Equal("012",
            (await backup.RunAsync(_box.Path("backups"), BackupRetention.Everything, SilentReporter.Instance, TestContext.Current.CancellationToken)).Revision);
    }

    [Theory]
    [InlineData("missing", "DatabaseMissing")]
    [InlineData("empty", "DatabaseEmpty")]
    [InlineData("garbage", "DatabaseForeign")]
    [InlineData("folder", "DatabaseIsFolder")]
    [InlineData("foreign", "DatabaseForeign")]
    [InlineData("tableless", "DatabaseForeign")]
    [InlineData("truncated", "DatabaseDamaged")]
    [InlineData("overwritten", "DatabaseDamaged")]
    public async Task What_cannot_be_backed_up_is_an_error_and_leaves_nothing(string what, string id)
    {
        var path = _box.Path("x.db");
        BadFiles.Make(what, path, _box);
        var before = _box.Snapshot();
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.BackUp(path, _box.Folder));
        Assert.Equal(id, error.Id);
        Assert.Equal(before, _box.Snapshot());
    }

    [Fact]
    public async Task A_file_where_the_folder_should_be_is_refused()
    {
        var path = _box.Real("012", "shoreguard.db");
        Assert.Equal("BackupFolderInvalid", (await Assert.ThrowsAsync<ShoreGuardException>(() => _box.BackUp(path, path))).Id);
    }

    [Fact]
    public async Task Dangling_references_are_told_but_do_not_keep_a_backup_from_being_made()
    {
        var path = _box.Real("017", "shoreguard.db");
        BadFiles.Dangle(path);
        var backup = await _box.BackUp(path);
        Assert.False(Assert.Single(backup.Checks, check => check.Name.EndsWith("foreign_key_check", StringComparison.Ordinal)).Passed);
    }
}
