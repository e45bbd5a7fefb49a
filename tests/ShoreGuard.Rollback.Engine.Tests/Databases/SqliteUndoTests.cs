using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Operations.Restoring;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Putting back what a restore kept.</summary>
public sealed class SqliteUndoTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public async Task An_undo_puts_the_very_file_back_and_an_undo_of_the_undo_too()
    {
        var target = _box.Real("017", "shoreguard.db");
        var (content, file) = (File.ReadAllBytes(target), NativeFile.Identify(target));
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);

        var undone = await Undo(restored);
        Assert.True(undone.Succeeded);
        Assert.Equal(("016", "017", restored.Kept, null), (undone.RevisionBefore, undone.Revision, undone.PutBack, undone.BackupPath));
        Assert.Equal(content, File.ReadAllBytes(target));
        Assert.Equal(file, NativeFile.Identify(target));
        Assert.False(File.Exists(restored.Kept));
        Assert.Equal("016", Sandbox.Revision(undone.Kept!));
        Assert.Equal(3, Directory.GetFiles(_box.Folder).Length);

        var redone = await Undo(undone);
        Assert.Equal(("017", "016"), (redone.RevisionBefore, redone.Revision));
        Assert.Equal("016", Sandbox.Revision(target));
        Assert.Equal(content, File.ReadAllBytes(redone.Kept!));
        Assert.Equal("017", (await Undo(redone)).Revision);
    }

    [Fact]
    public async Task What_was_written_since_is_told_and_kept()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        using (var application = Sandbox.OpenAsApplication(target))
            Sandbox.Execute(
                application, "DELETE FROM gateways WHERE id = (SELECT min(id) FROM gateways); CREATE TABLE late (x); INSERT INTO late VALUES (1), (2)");
        using (var plan = await Plan(restored))
            Assert.Matches(@"; changed since that restore, and kept with it: .*\bgateways -1,.*\blate \+2,", plan.Description);
        var undone = await Undo(restored);
        Assert.Equal(2L, Sandbox.Scalar<long>(undone.Kept!, "SELECT count(*) FROM late"));
        Assert.Equal("017", Sandbox.Revision(target));
    }

    [Fact]
    public async Task A_plan_changes_nothing_and_says_what_it_will_do()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        var before = _box.Snapshot();
        using var plan = await Plan(restored);
        Assert.StartsWith("Replace revision 016", plan.Description, StringComparison.Ordinal);
        Assert.Contains($"by revision 017", plan.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("changed since", plan.Description, StringComparison.Ordinal);
        Assert.Equal(before, _box.Snapshot());
    }

    [Fact]
    public async Task A_wal_of_the_present_database_is_kept_with_it_and_not_replayed()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        using (var application = Sandbox.OpenAsApplication(target))
        {
            Sandbox.Execute(application, "CREATE TABLE late (x); INSERT INTO late VALUES (1)");
            File.Copy(target, _box.Path("killed.db"));
            File.Copy(target + "-wal", _box.Path("killed.db-wal"));
        }
        File.Move(_box.Path("killed.db"), target, overwrite: true);
        File.Move(_box.Path("killed.db-wal"), target + "-wal", overwrite: true);
        var undone = await Undo(restored);
        Assert.Equal("017", Sandbox.Revision(target));
        Assert.Equal(1L, Sandbox.Scalar<long>(undone.Kept!, "SELECT count(*) FROM late"));
        Assert.False(File.Exists(target + "-wal"));
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("overwritten")]
    [InlineData("garbage")]
    [InlineData("empty")]
    [InlineData("tableless")]
    public async Task A_kept_database_that_is_not_whole_is_refused_and_put_back_with_force(string what)
    {
        var target = _box.Path("shoreguard.db");
        BadFiles.Make(what, target, _box);
        var content = File.ReadAllBytes(target);
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        var before = _box.Snapshot();
        var error = await Fails(restored, "KeptDamaged", FailureKind.InvalidData);
        Assert.Contains("-Force", error.Recommendation, StringComparison.Ordinal);
        Assert.Equal(before, _box.Snapshot());

        var undone = await Undo(restored, force: true);
        Assert.Equal((true, null), (undone.Succeeded, undone.Revision));
        Assert.Equal(content, File.ReadAllBytes(target));
        Assert.Equal("016", (await Undo(undone)).Revision);
    }

    [Fact]
    public void What_a_damaged_database_had_beside_it_goes_with_it()
    {
        var (target, kept) = (_box.Real("016", "shoreguard.db"), _box.Real("017", "kept"));
        File.WriteAllText(kept + "-wal", "rows perhaps");
        var before = _box.Snapshot();
        var swap = new SqliteSwap(target, kept, target + ".fresh");
        swap.Do(() => { });
        Assert.Equal("rows perhaps", File.ReadAllText(target + "-wal"));
        Assert.False(File.Exists(kept + "-wal"));
        swap.Undo();
        Assert.Equal(before, _box.Snapshot());
    }

    [Fact]
    public async Task A_spent_journal_beside_the_kept_database_is_nothing()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        File.WriteAllBytes(restored.Kept + "-journal", new byte[4616]);
        Assert.Equal("017", (await Undo(restored)).Revision);
        Assert.Equal(3, Directory.GetFiles(_box.Folder).Length);
    }

    [Fact]
    public async Task Rows_that_refer_to_nothing_were_there_before_and_come_back()
    {
        var target = _box.Real("017", "shoreguard.db");
        BadFiles.Dangle(target);
        var undone = await Undo(await _box.Restore(_box.Real("016", "backup.sqlite"), target));
        Assert.Equal(
            ("017", false), (undone.Revision, undone.Checks.Single(check => check.Name.EndsWith("foreign_key_check", StringComparison.Ordinal)).Passed));
    }

    [Fact]
    public async Task A_result_that_keeps_nothing_is_refused()
    {
        var made = await _box.Restore(_box.Real("016", "backup.sqlite"), _box.Path("new.db"));
        await Fails(made, "UndoNothing", FailureKind.InvalidArgument);
        await Fails(made with { Succeeded = false, Reverted = true, Kept = "x" }, "UndoNothing", FailureKind.InvalidArgument);
        await Fails(made with { Location = null, Kept = "x" }, "UndoNothing", FailureKind.InvalidArgument);
    }

    [Fact]
    public async Task An_undo_twice_is_refused_and_names_what_is_kept()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        var undone = await Undo(restored);
        var error = await Fails(restored, "KeptMissing", FailureKind.ObjectNotFound);
        Assert.Contains(undone.Kept!, error.Message, StringComparison.Ordinal);
        Assert.Equal("017", Sandbox.Revision(target));
    }

    [Fact]
    public async Task Another_database_than_the_results_is_refused()
    {
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), _box.Real("017", "shoreguard.db"));
        _box.Real("012", "other.db");
        var before = _box.Snapshot();
        await Fails(restored, "UndoOtherDatabase", FailureKind.InvalidArgument, $"sqlite:///{_box.Path("other.db")}");
        await Fails(restored, "UndoOtherDatabase", FailureKind.InvalidArgument, "postgresql://u:p@h/d");
        await Fails(restored with { Kept = "/elsewhere/x" }, "KeptMissing", FailureKind.ObjectNotFound);
        using var elsewhere = new Sandbox();
        await Fails(restored with { Kept = elsewhere.Real("017", "shoreguard.db") }, "KeptElsewhere", FailureKind.InvalidArgument);
        Assert.Equal(before, _box.Snapshot());
    }

    [Fact]
    public async Task Either_database_in_use_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells who has a file open.");
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        foreach (var path in new[] { target, restored.Kept! })
        {
            using var other = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("sh", ["-c", "exec 3< \"$0\"; echo open; exec sleep 60", path]) { RedirectStandardOutput = true })!;
            Assert.Equal("open", other.StandardOutput.ReadLine());
            var error = await Fails(restored, "DatabaseBusy", FailureKind.ResourceBusy);
            Assert.Contains($"process {other.Id}", error.Message, StringComparison.Ordinal);
            // No force breaks a lock of SQLite.
            await Assert.ThrowsAsync<ShoreGuardException>(() => Undo(restored, force: true));
            other.Kill();
            other.WaitForExit();
        }
        Assert.Equal("017", (await Undo(restored)).Revision);
    }

    [Fact]
    public async Task A_database_that_is_gone_is_put_back_all_the_same()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        File.Delete(target);
        var undone = await Undo(restored);
        Assert.Equal(("017", null), (undone.Revision, undone.Kept));
        Assert.Equal("017", Sandbox.Revision(target));
    }

    [Fact]
    public async Task Another_applications_database_in_the_place_is_refused_without_force()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        File.Delete(target);
        BadFiles.Make("foreign", target, _box);
        await Fails(restored, "RestoreForeign", FailureKind.InvalidOperation);
        Assert.Equal("017", (await Undo(restored, force: true)).Revision);
    }

    [Theory]
    [InlineData("Lock the present database and fold its WAL in")]
    [InlineData("Exchange the present and the kept database")]
    [InlineData("Prove the database in its place")]
    public async Task Stopped_at_any_step_both_databases_are_where_they_were(string step)
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        var before = _box.Snapshot();
        var files = (NativeFile.Identify(target), NativeFile.Identify(restored.Kept!));
        using (var undo = await Plan(restored))
            await Assert.ThrowsAsync<IOException>(() => undo.ExecuteAsync(new FailingReporter(step), CancellationToken.None));
        Assert.Equal(before, _box.Snapshot());
        Assert.Equal(files, (NativeFile.Identify(target), NativeFile.Identify(restored.Kept!)));
        Assert.Equal("017", (await Undo(restored)).Revision);
    }

    [Fact]
    public async Task A_kept_database_that_changes_after_its_proof_is_not_put_back()
    {
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        using var undo = await Plan(restored);
        File.AppendAllText(restored.Kept!, "x");
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => undo.ExecuteAsync(SilentReporter.Instance, CancellationToken.None));
        Assert.Equal("KeptChanged", error.Id);
        Assert.True(((RestoreResult)error.Result!).Reverted);
        Assert.Equal("016", Sandbox.Revision(target));
    }

    [Fact]
    public async Task A_second_name_that_a_killed_swap_has_left_is_taken_away()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it is exchanged without a second name.");
        var target = _box.Real("017", "shoreguard.db");
        var restored = await _box.Restore(_box.Real("016", "backup.sqlite"), target);
        var stray = target + ".before-restore-20200101T000000Z";
        Assert.True(NativeFile.TryLink(target, stray));
        var undone = await Undo(restored);
        Assert.False(File.Exists(stray));
        Assert.Equal(("017", "016"), (Sandbox.Revision(target), Sandbox.Revision(undone.Kept!)));
    }

    private Task<DatabaseRestore> Plan(RestoreResult result, bool force = false, string? url = null) =>
        DatabaseUndo.PlanAsync(
            new() { Result = result, BaseFolder = _box.Folder, Force = force, Url = url }, _box.State, SilentReporter.Instance, CancellationToken.None);

    private async Task<RestoreResult> Undo(RestoreResult result, bool force = false)
    {
        using var undo = await Plan(result, force);
        return await undo.ExecuteAsync(SilentReporter.Instance, CancellationToken.None);
    }

    private async Task<ShoreGuardException> Fails(RestoreResult result, string id, FailureKind kind, string? url = null)
    {
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => Plan(result, url: url));
        Assert.Equal((id, kind), (error.Id, error.Kind));
        Assert.True(error.NothingChanged);
        Assert.NotEmpty(error.Recommendation);
        return error;
    }
}
