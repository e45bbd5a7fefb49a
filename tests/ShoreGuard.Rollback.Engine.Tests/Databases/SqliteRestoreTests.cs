using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class SqliteRestoreTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData("012", "017")]
    [InlineData("016", "017")]
    [InlineData("017", "012")]
    public async Task A_real_backup_replaces_the_database_and_keeps_it(string revision, string present)
    {
        var target = _box.Real(present, "shoreguard.db");
        var content = File.ReadAllBytes(target);
        var result = await _box.Restore(_box.Real(revision, "backup.sqlite"), target);
        Assert.Equal((present, revision), (result.RevisionBefore, result.Revision));
        Assert.Equal(40, result.Rows.Single(table => table.Table == "gateways").Rows);
        Assert.Equal(revision, Sandbox.Revision(target));
        Assert.Equal(content, File.ReadAllBytes(result.Kept!));
        Assert.Equal(ApplicationState.NotManaged, result.Application);
        Assert.Equal(["backup.sqlite", "shoreguard.db", Path.GetFileName(result.Kept)],
            Directory.GetFiles(_box.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    // Whoever is given the path alone sees no lock of a deployment.
    [Fact]
    public async Task Two_restores_of_one_file_are_one_too_many()
    {
        var (target, backup) = (_box.Real("017", "shoreguard.db"), _box.Real("016", "backup.sqlite"));
        await using (var _ = SqliteFileLock.Take(target))
        {
            var refused = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(backup, target));
            Assert.Equal("RollbackInProgress", refused.Id);
            Assert.Equal("017", Sandbox.Revision(target));
        }
        // One that was killed has left its file, and nobody holds it.
        File.WriteAllText($"{target}.shoreguard-lock", "");
        Assert.Equal("016", (await _box.Restore(backup, target)).Revision);
        Assert.False(File.Exists($"{target}.shoreguard-lock"));
    }

    [Fact]
    public async Task A_backup_made_here_comes_back()
    {
        var target = _box.Real("017", "shoreguard.db");
        var backup = await _box.BackUp(target);
        using (var application = Sandbox.OpenAsApplication(target))
            Sandbox.Execute(application, "DELETE FROM gateways");
        var result = await _box.Restore(backup.BackupPath, target);
        Assert.Equal(backup.Rows, result.Rows);
        Assert.Equal(0L, Sandbox.Scalar<long>(result.Kept!, "SELECT count(*) FROM gateways"));
    }

    [Fact]
    public async Task A_wal_left_beside_the_database_is_folded_into_the_old_one_and_never_into_the_new()
    {
        var target = _box.Killed("017");
        var result = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        Assert.Equal("016", Sandbox.Revision(target));
        Assert.Equal(0L, Sandbox.Scalar<long>(target, "SELECT count(*) FROM sqlite_schema WHERE name = 'late'"));
        Assert.Equal(1L, Sandbox.Scalar<long>(result.Kept!, "SELECT count(*) FROM late"));
        Assert.False(File.Exists(target + "-wal"));
    }

    [Fact]
    public async Task Nothing_is_left_beside_a_database_that_was_in_WAL_mode()
    {
        var target = _box.Real("017", "shoreguard.db");
        Sandbox.OpenAsApplication(target).Dispose();
        var result = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        Assert.Equal(["backup.sqlite", "shoreguard.db", Path.GetFileName(result.Kept)],
            Directory.GetFiles(_box.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_wal_without_its_database_is_put_aside()
    {
        var target = _box.Killed("017");
        File.Delete(target);
        await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        Assert.False(File.Exists(target + "-wal"));
        Assert.Single(Directory.GetFiles(_box.Folder, "*.before-restore-*-wal"));
        Assert.Equal("016", Sandbox.Revision(target));
    }

    [Fact]
    public async Task A_database_that_is_missing_is_made()
    {
        var result = await _box.Restore(_box.Real("012", "backup.sqlite"), _box.Path("new.db"));
        Assert.Null(result.Kept);
        Assert.Null(result.RevisionBefore);
        Assert.Equal("012", Sandbox.Revision(_box.Path("new.db")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_box.Path("new.db")));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("truncated")]
    [InlineData("overwritten")]
    public async Task A_damaged_database_is_what_restores_are_for(string what)
    {
        BadFiles.Make(what, _box.Path("shoreguard.db"), _box);
        var content = File.ReadAllBytes(_box.Path("shoreguard.db"));
        var result = await _box.Restore(_box.Real("016", "backup.sqlite"), _box.Path("shoreguard.db"));
        Assert.Equal("016", Sandbox.Revision(_box.Path("shoreguard.db")));
        Assert.Equal(content, File.ReadAllBytes(result.Kept!));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Owner_group_and_mode_stay()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Of Unix; on Windows it is the access list.");
        var target = _box.Real("017", "shoreguard.db");
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        if (Environment.IsPrivilegedProcess)
        {
            using var file = File.OpenHandle(target);
            NativeFile.ChangeOwner(file, 1234, 2345);
        }
        File.SetUnixFileMode(target, Mode);
        var before = NativeFile.Identify(target);
        var result = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        var after = NativeFile.Identify(target);
        Assert.Equal((before?.Owner, before?.Group, Mode), (after?.Owner, after?.Group, File.GetUnixFileMode(target)));
        Assert.NotEqual(before?.Inode, after?.Inode);
        Assert.Equal(before?.Inode, NativeFile.Identify(result.Kept!)?.Inode);
    }

    [Fact]
    public async Task Extended_attributes_and_access_control_lists_stay()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Extended attributes are carried over on Linux alone.");
        var target = _box.Real("017", "shoreguard.db");
        Assert.SkipUnless(Run("python3", "-c", $"import os; os.setxattr('{target}', 'user.shoreguard.note', b'kept whole')").Ended == 0,
            "The file system has no extended attributes.");
        // An access control list by its bytes (acl(5), linux/posix_acl_xattr.h): user::rw-, user:1234:r--, group::---, mask::r--, other::---.
        const string List = "0200000001000600ffffffff02000400d204000004000000ffffffff10000400ffffffff20000000ffffffff";
        var hasLists = Run("python3", "-c", $"import os; os.setxattr('{target}', 'system.posix_acl_access', bytes.fromhex('{List}'))").Ended == 0;
        var before = Run("python3", "-c", Show, target).Output;
        Assert.Contains("user.shoreguard.note", before, StringComparison.Ordinal);
        Assert.Equal(hasLists, before.Contains("posix_acl_access", StringComparison.Ordinal));
        var result = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        Assert.Equal(before, Run("python3", "-c", Show, target).Output);
        Assert.Equal(before, Run("python3", "-c", Show, result.Kept!).Output);
    }

    private const string Show = "import os, sys; p = sys.argv[1]; print(oct(os.stat(p).st_mode), sorted((n, os.getxattr(p, n)) for n in os.listxattr(p)))";

    private static (int Ended, string Output) Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [Fact]
    public async Task A_symbolic_link_stays_and_its_file_is_replaced()
    {
        var real = _box.Real("017", "real.db");
        File.CreateSymbolicLink(_box.Path("link.db"), real);
        await _box.Restore(_box.Real("016", "backup.sqlite"), _box.Path("link.db"));
        Assert.Equal(real, File.ResolveLinkTarget(_box.Path("link.db"), false)!.FullName);
        Assert.Equal("016", Sandbox.Revision(real));
    }

    [Theory]
    [InlineData("missing", "BackupNotFound")]
    [InlineData("empty", "BackupEmpty")]
    [InlineData("garbage", "BackupForeign")]
    [InlineData("folder", "BackupIsFolder")]
    [InlineData("foreign", "BackupForeign")]
    [InlineData("tableless", "BackupForeign")]
    [InlineData("truncated", "BackupDamaged")]
    [InlineData("truncated-mid-page", "BackupDamaged")]
    [InlineData("overwritten", "BackupDamaged")]
    [InlineData("dump", "BackupKindMismatch")]
    [InlineData("dangling", "BackupDangling")]
    public async Task A_backup_that_is_not_good_is_refused_and_the_database_stays_byte_for_byte(string what, string id)
    {
        var target = _box.Real("017", "shoreguard.db");
        BadFiles.Make(what, _box.Path("backup.sqlite"), _box);
        var before = _box.Snapshot();
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Path("backup.sqlite"), target));
        Assert.Equal(id, error.Id);
        Assert.True(error.NothingChanged);
        Assert.NotEmpty(error.Recommendation);
        Assert.Equal(before, _box.Snapshot());
    }

    [Fact]
    public async Task A_backup_with_rows_that_refer_to_nothing_is_restored_with_force()
    {
        var target = _box.Real("017", "shoreguard.db");
        BadFiles.Make("dangling", _box.Path("backup.sqlite"), _box);
        var reporter = new CollectingReporter();
        using (var restore = await _box.Plan(_box.Path("backup.sqlite"), target, force: true, reporter))
        {
            var result = await restore.ExecuteAsync(reporter, CancellationToken.None);
            Assert.Single(result.Checks, check => !check.Passed && check.Name.EndsWith("foreign_key_check", StringComparison.Ordinal));
        }
        Assert.Contains("refer to nothing (1 rows of child refer to missing rows of gateways)", Assert.Single(reporter.Warnings), StringComparison.Ordinal);
        Assert.Equal(999999L, Sandbox.Scalar<long>(target, "SELECT g FROM child"));
        var refused = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Path("backup.sqlite"), target));
        Assert.Contains("-Force", refused.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_applications_database_is_replaced_with_force_alone()
    {
        BadFiles.Make("foreign", _box.Path("shoreguard.db"), _box);
        var backup = _box.Real("016", "backup.sqlite");
        var before = _box.Snapshot();
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(backup, _box.Path("shoreguard.db")));
        Assert.Equal("RestoreForeign", error.Id);
        Assert.Contains("-Force", error.Recommendation, StringComparison.Ordinal);
        Assert.Equal(before, _box.Snapshot());
        var result = await _box.Restore(backup, _box.Path("shoreguard.db"), force: true);
        Assert.Equal(0L, Sandbox.Scalar<long>(result.Kept!, "SELECT count(*) FROM other"));
    }

    [Fact]
    public async Task A_database_without_tables_is_nobodys()
    {
        using (var connection = Sandbox.OpenAsApplication(_box.Path("shoreguard.db")))
            Sandbox.Execute(connection, "CREATE TABLE x (y); DROP TABLE x");
        Assert.Equal("016", (await _box.Restore(_box.Real("016", "backup.sqlite"), _box.Path("shoreguard.db"))).Revision);
    }

    [Fact]
    public async Task A_plan_changes_nothing_even_beside_a_wal()
    {
        var target = _box.Killed("017");
        var backup = _box.Real("016", "backup.sqlite");
        var before = _box.Snapshot();
        using var plan = await _box.Plan(backup, target);
        Assert.Contains("revision 017", plan.Description, StringComparison.Ordinal);
        Assert.Contains("revision 016", plan.Description, StringComparison.Ordinal);
        Assert.Equal(before, _box.Snapshot());
    }

    [Theory]
    [InlineData("WAL")]
    [InlineData("DELETE")]
    public async Task A_database_in_use_is_refused(string mode)
    {
        var target = _box.Real("017", "shoreguard.db");
        var backup = _box.Real("016", "backup.sqlite");
        using var application = Sandbox.OpenAsApplication(target);
        Sandbox.Execute(application, $"PRAGMA journal_mode = {mode}");
        using var transaction = application.BeginTransaction();
        Sandbox.Execute(application, "UPDATE gateways SET name = name");
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(backup, target));
        Assert.Equal(("DatabaseBusy", FailureKind.ResourceBusy), (error.Id, error.Kind));
        transaction.Rollback();
        Assert.Equal("017", Sandbox.Revision(target));
        Assert.Empty(Directory.GetFiles(_box.Folder, "*restor*"));
    }

    [Fact]
    public async Task The_database_itself_is_no_backup_of_it()
    {
        var target = _box.Real("017", "shoreguard.db");
        Assert.Equal("BackupIsTarget", (await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(target, target))).Id);
    }

    [Fact]
    public async Task A_backup_whose_rows_wait_in_a_wal_is_refused()
    {
        var backup = _box.Killed("017");
        Assert.Equal("BackupUnfinished", (await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(backup, _box.Path("new.db")))).Id);
    }

    [Theory]
    [InlineData("no/such/folder/x.db", "DatabaseFolderMissing")]
    [InlineData("", "DatabaseIsFolder")]
    public async Task A_target_that_cannot_be_is_refused(string target, string id)
    {
        var backup = _box.Real("016", "backup.sqlite");
        Assert.Equal(id, (await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(backup, _box.Path(target)))).Id);
    }

    [Fact]
    public async Task Two_restores_one_after_the_other_keep_both_databases()
    {
        var target = _box.Real("017", "shoreguard.db");
        var first = await _box.Restore(_box.Real("016", "b1.sqlite"), target);
        var second = await _box.Restore(_box.Real("012", "b2.sqlite"), target);
        Assert.NotEqual(first.Kept, second.Kept);
        Assert.Equal(("017", "016", "012"), (Sandbox.Revision(first.Kept!), Sandbox.Revision(second.Kept!), Sandbox.Revision(target)));
    }

    [Theory]
    [InlineData("Prove the copy")]
    [InlineData("Lock the old database and fold its WAL in")]
    [InlineData("Keep the old database under another name, and put the copy in its place")]
    [InlineData("Prove the database in its place")]
    public async Task Stopped_at_any_step_the_old_database_is_back(string step)
    {
        var target = _box.Killed("017");
        var backup = _box.Real("016", "backup.sqlite");
        using var restore = await _box.Plan(backup, target);
        var error = await Assert.ThrowsAsync<IOException>(() => restore.ExecuteAsync(new FailingReporter(step), CancellationToken.None));
        Assert.Equal("injected", error.Message);
        Assert.Equal("017", Sandbox.Revision(target));
        Assert.Equal(1L, Sandbox.Scalar<long>(target, "SELECT count(*) FROM late"));
        Assert.Empty(Directory.GetFiles(_box.Folder, "*restor*"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_swap_is_undone_with_everything_beside_the_database(bool existed)
    {
        var target = _box.Path("shoreguard.db");
        if (existed)
            _box.Real("017", "shoreguard.db");
        File.WriteAllText(target + "-wal", "stale");
        _box.Real("016", "copy");
        var before = _box.Snapshot();
        var swap = new SqliteSwap(target, _box.Path("copy"), target + ".kept");
        swap.Do(() => { });
        Assert.Equal("016", Sandbox.Revision(target));
        swap.Undo();
        Assert.Equal(before, _box.Snapshot());
    }
}
