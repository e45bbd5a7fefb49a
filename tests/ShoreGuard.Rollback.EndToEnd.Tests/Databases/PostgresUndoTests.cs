using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Putting back what a restore of a PostgreSQL database kept.</summary>
public sealed class PostgresUndoTests
{
    [Fact]
    public void An_undo_exchanges_the_databases_again_and_can_be_undone()
    {
        using var box = new PostgresSandbox().Fill("017");
        box.Sql("postgres", $"COMMENT ON DATABASE \"{box.Database}\" IS 'mine'; ALTER DATABASE \"{box.Database}\" SET work_mem = '8MB'");
        var before = box.Fingerprint();
        var restored = box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed().Single();
        var after = box.Fingerprint();
        Assert.Equal("mine", Comment(box));

        var undone = Undo(box, restored).ThrowIfFailed().Single();
        Assert.Equal(("True", "012", "017", restored.Text("Kept")),
            (undone.Text("Succeeded"), undone.Text("RevisionBefore"), undone.Text("Revision"), undone.Text("PutBack")));
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal("mine", Comment(box));
        Assert.Equal("012", box.Revision(undone.Text("Kept")));
        Assert.Equal(2, box.Databases("").Count);

        var redone = Undo(box, undone).ThrowIfFailed().Single();
        Assert.Equal("012", redone.Text("Revision"));
        Assert.Equal(after, box.Fingerprint());
        Assert.Equal(2, box.Databases("").Count);
        box.Module.Run("$args[0] | Restore-ShoreGuardDatabase -Undo -Confirm:$false", redone).Error("UndoNotNamed", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void What_was_written_since_is_told_and_kept_and_WhatIf_changes_nothing()
    {
        using var box = new PostgresSandbox().Fill("017");
        var restored = box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed().Single();
        box.Sql(box.Database, $"CREATE TABLE public.late AS SELECT 1 AS x; ALTER TABLE public.late OWNER TO {box.Role}");
        var before = (box.Fingerprint(), string.Join(',', box.Databases("")));
        var planned = Undo(box, restored, "-WhatIf").ThrowIfFailed();
        Assert.Empty(planned.Output);
        Assert.Equal(before, (box.Fingerprint(), string.Join(',', box.Databases(""))));
        var undone = Undo(box, restored).ThrowIfFailed();
        Assert.Contains(undone.Verbose, text => text.Contains("changed since that restore, and kept with it: late +1", StringComparison.Ordinal));
        Assert.Equal("1", box.Query(undone.Single().Text("Kept")!, "SELECT count(*) FROM late")[0]);
    }

    [Fact]
    public void After_a_restore_in_place_the_safety_backup_is_restored()
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        var before = box.Fingerprint();
        var restored = box.Restore(PostgresSandbox.Real("012"), $"-Path '{box.Folder}'").ThrowIfFailed().Single();
        var undone = Undo(box, restored).ThrowIfFailed().Single();
        Assert.Equal(("012", "017", restored.Text("Kept")), (undone.Text("RevisionBefore"), undone.Text("Revision"), undone.Text("PutBack")));
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal("012", Undo(box, undone).ThrowIfFailed().Single().Text("Revision"));
        File.Delete(restored.Text("Kept")!);
        Undo(box, restored).Error("KeptMissing", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void What_is_kept_no_more_or_is_not_whole_is_refused()
    {
        using var box = new PostgresSandbox().Fill("017");
        var restored = box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed().Single();
        var kept = restored.Text("Kept")!;
        box.Sql(kept, "DELETE FROM alembic_version");
        Assert.Contains("-Force", Undo(box, restored).Error("KeptDamaged", ErrorCategory.InvalidData).ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        using (box.Open(kept))
            Undo(box, restored, "-Force").Error("SessionsNotOurs", ErrorCategory.PermissionDenied);
        Assert.Equal("012", box.Revision());
        var forced = Undo(box, restored, "-Force").ThrowIfFailed().Single();
        Assert.Equal(("True", null), (forced.Text("Succeeded"), forced.Text("Revision")));
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
        var error = Undo(box, restored).Error("KeptMissing", ErrorCategory.ObjectNotFound);
        Assert.Contains(forced.Text("Kept")!, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_database_or_one_in_use_is_refused()
    {
        using var box = new PostgresSandbox().Fill("017");
        using var other = new PostgresSandbox().Fill("017");
        var restored = box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed().Single();
        Undo(box, restored, url: other.Url).Error("UndoOtherDatabase", ErrorCategory.InvalidArgument);
        using (box.OpenAsRole())
        {
            var error = Undo(box, restored).Error("DatabaseBusy", ErrorCategory.ResourceBusy);
            Assert.Contains("the application (", error.ToString(), StringComparison.Ordinal);
            Assert.Contains("-Force", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        box.MayCreateDatabases(false);
        Undo(box, restored).Error("UndoNotOwner", ErrorCategory.PermissionDenied);
        Assert.Equal(("012", "017"), (box.Revision(), other.Revision()));
    }

    private static string Comment(PostgresSandbox box) =>
        box.Query("postgres", $"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{box.Database}'")[0];

    private static RunResult Undo(PostgresSandbox box, PSObject result, string more = "", string? url = null)
    {
        var run = box.Module.Run($"$args[0] | Restore-ShoreGuardDatabase -Undo -DatabaseUrl $args[1] -Confirm:$false -Verbose {more}", result, url ?? box.Url);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => error.ToString())), text =>
            text.Contains(PostgresSandbox.Password, StringComparison.Ordinal));
        return run;
    }
}
