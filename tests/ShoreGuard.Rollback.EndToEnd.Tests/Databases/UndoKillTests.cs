using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A process that undoes a restore is killed (SIGKILL) at its steps: both databases are there, whole, and the next call tells and goes on.</summary>
public sealed class UndoKillTests
{
    [Theory]
    [FullData("Lock the present database and fold its WAL in")]
    [InlineData("Exchange the present and the kept database")]
    [InlineData("Prove the database in its place")]
    public void Sqlite(string step)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
        try
        {
            var (target, backup) = (Path.Combine(folder, "shoreguard.db"), Path.Combine(folder, "backup.sqlite"));
            File.Copy(Real("017"), target);
            File.Copy(Real("012"), backup);
            KillAt(step, backup, $"sqlite:///{target}");

            using var host = new ModuleHost();
            var kept = Assert.Single(Directory.GetFiles(folder, "*.before-restore-*"), file => Revision(host, file) != Revision(host, target));
            Assert.Equal(["012", "017"], new[] { Revision(host, target), Revision(host, kept) }.Order());
            var run = Undo(host, kept, $"sqlite:///{target}", target, "Sqlite");
            var undone = run.ThrowIfFailed().Single();
            Assert.Equal((Revision(host, target), Revision(host, undone.Text("Kept")!)), (undone.Text("Revision"), undone.Text("RevisionBefore")));
            Assert.Equal(["backup.sqlite", "shoreguard.db", Path.GetFileName(undone.Text("Kept"))],
                Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [FullData("Exchange the names of the two databases")]
    [InlineData("Prove the database in its place")]
    public void Postgres(string step)
    {
        using var box = new PostgresSandbox().Fill("017");
        var before = box.Fingerprint();
        KillAt(step, PostgresSandbox.Real("012"), box.Url);
        box.Sql("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{box.Role}'");

        var kept = Assert.Single(box.Databases("_before_"));
        Assert.Equal(["012", "017"], new[] { box.Revision(), box.Revision(kept) }.Order());
        Assert.Equal(before, box.Fingerprint(box.Revision() == "017" ? box.Database : kept));
        var undone = Undo(box.Module, kept, box.Url, box.Url, "Postgres").ThrowIfFailed().Single();
        Assert.Equal((box.Revision(), box.Revision(undone.Text("Kept"))), (undone.Text("Revision"), undone.Text("RevisionBefore")));
        Assert.Equal(2, box.Databases("").Count);
    }

    // The result of the restore went with the process that had it; what it said is known.
    private static RunResult Undo(ModuleHost host, string kept, string url, string location, string kind) => host.Run(
        "[ShoreGuard.Rollback.RestoreResult]@{ Succeeded = $true; Kept = $args[0]; Kind = $args[3]; Database = 'x'; Location = $args[2] } | "
        + "Restore-ShoreGuardDatabase -Undo -DatabaseUrl $args[1] -Confirm:$false",
        kept, url, location, kind);

    private static string Revision(ModuleHost host, string file) =>
        host.Run("Get-ShoreGuardDatabase -DatabaseUrl $args[0]", $"sqlite:///{file}").ThrowIfFailed().Single().Text("Revision")!;

    private static string Real(string revision) => Path.Combine(AppContext.BaseDirectory, "Data", "backups", $"shoreguard-sqlite-{revision}.sqlite");

    private static void KillAt(string step, string backup, string url) => KilledProcess.At(
        $"Restore-ShoreGuardDatabase '{backup}' -DatabaseUrl '{url}' -Confirm:$false | Restore-ShoreGuardDatabase -Undo -DatabaseUrl '{url}' -Confirm:$false "
        + "-Verbose", step);
}
