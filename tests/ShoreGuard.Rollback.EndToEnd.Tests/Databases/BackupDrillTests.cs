using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Whether a dump can be relied on, on a real server.</summary>
public sealed class BackupDrillTests
{
    [Fact]
    public void A_drill_restores_dumps_again_compares_and_leaves_nothing()
    {
        using var box = new PostgresSandbox().Fill("017");
        var backup = box.BackUp().ThrowIfFailed().Single();
        var before = box.Fingerprint();
        using var application = box.OpenAsRole();

        var report = Test(box, "-DatabaseUrl $args[1] -Drill").ThrowIfFailed().Single();

        Assert.True((bool)report.At("Usable")!, report.Text("Problem"));
        Assert.Equal(
            ("Passed", "Passed", "Passed", "Passed"), (report.Text("Checksum"), report.Text("Integrity"), report.Text("Restored"), report.Text("Verified")));
        Assert.Equal(backup.Text("TotalRows"), report.Text("TotalRows"));
        Assert.NotNull(report.At("Rto"));
        Assert.Equal([box.Database], box.Databases(""));
        Assert.Equal(before, box.Fingerprint());
    }

    // As the role of the shipped Compose files is.
    [Fact]
    public void A_superusers_drill_is_made_by_a_role_of_its_own()
    {
        using var box = new PostgresSandbox().Fill("017");
        box.Sql("postgres", $"ALTER ROLE {PostgresSandbox.Quote(box.Role)} SUPERUSER");
        box.Sql(box.Database, "CREATE EXTENSION pg_stat_statements");
        box.Sql(box.Database,
            "CREATE TABLE hidden (a int); INSERT INTO hidden VALUES (1); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; ALTER TABLE hidden FORCE ROW LEVEL "
            + "SECURITY");
        box.BackUp().ThrowIfFailed();

        var report = Test(box, "-DatabaseUrl $args[1] -Drill").ThrowIfFailed().Single();

        Assert.True((bool)report.At("Usable")!, report.Text("Problem"));
        Assert.Contains(report.List("Checks"), check =>
            check.Text("Name") == "drill: rights" && check.Text("Detail")!.Contains("a role of its own", StringComparison.Ordinal));
        Assert.Equal([box.Database], box.Databases(""));
    }

    // A role without CREATEROLE: what is in the dump is executed with its own rights, so whoever does not know the dump is told before.
    [Fact]
    public void A_drill_with_the_roles_own_rights_is_said_and_warned_of_where_the_backup_may_be_anybodys()
    {
        using var box = new PostgresSandbox().Fill("017");
        box.BackUp().ThrowIfFailed();
        var ours = Test(box, "-DatabaseUrl $args[1] -Drill").ThrowIfFailed();
        Assert.Empty(ours.Warnings);
        Assert.Contains(ours.Single().List("Checks"), check =>
            check.Text("Name") == "drill: rights" && check.Text("Detail")!.Contains($"with the rights of {box.Role}", StringComparison.Ordinal));

        foreach (var sidecar in Directory.GetFiles(box.Folder, "*.json"))
            File.Delete(sidecar);

        var anybodys = Test(box, "-DatabaseUrl $args[1] -Drill").ThrowIfFailed();
        Assert.Contains("It has no sidecar, so it was not made by this module", Assert.Single(anybodys.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_dump_executes_has_no_rights_in_a_drill()
    {
        using var box = new PostgresSandbox().Fill("017");
        var made = $"{box.Role}_by_a_dump";
        box.Sql("postgres", $"ALTER ROLE {PostgresSandbox.Quote(box.Role)} SUPERUSER");
        box.Sql(box.Database, "CREATE FUNCTION public.fine(a int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN true; END'");
        box.Sql(box.Database, "CREATE TABLE trusting (a int CHECK (public.fine(a))); INSERT INTO trusting VALUES (1)");
        box.Sql(box.Database,
            $"CREATE OR REPLACE FUNCTION public.fine(a int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN CREATE ROLE {made} SUPERUSER; RETURN true; END'");
        box.BackUp().ThrowIfFailed();

        var report = Test(box, "-DatabaseUrl $args[1] -Drill").ThrowIfFailed().Single();

        Assert.Equal((false, "Failed"), ((bool)report.At("Usable")!, report.Text("Restored")));
        Assert.Empty(box.Query("postgres", $"SELECT rolname FROM pg_roles WHERE rolname = '{made}'"));
        Assert.Equal([box.Database], box.Databases(""));
    }

    [Fact]
    public void The_sidecar_of_a_dump_holds_no_password()
    {
        using var box = new PostgresSandbox().Fill("012");
        var path = box.BackUp().ThrowIfFailed().Single().Text("BackupPath") + ".json";
        var text = File.ReadAllText(path);
        Assert.Contains("postgresql+psycopg://", text, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresSandbox.Password, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(PostgresSandbox.Password), text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dump_is_listed_and_read_without_a_server()
    {
        using var box = new PostgresSandbox().Fill("012");
        box.BackUp().ThrowIfFailed();
        File.Copy(PostgresSandbox.Real("017"), Path.Combine(box.Folder, "shoreguard-20260101T000000Z.pgdump"));
        var found = box.Module.Run("Get-ShoreGuardBackup $args[0]", box.Folder).ThrowIfFailed().Output;
        Assert.Equal(["012", "017"], found.Select(backup => backup.Text("Revision")));
        var reports = Test(box, "").ThrowIfFailed().Output;
        Assert.All(reports, report => Assert.Equal((true, "NotRun"), ((bool)report.At("Usable")!, report.Text("Restored"))));
    }

    [Fact]
    public void A_drill_that_cannot_be_made_is_not_a_success()
    {
        using var box = new PostgresSandbox().Fill("012");
        box.BackUp().ThrowIfFailed();
        box.MayCreateDatabases(false);
        foreach (var parameters in (string[])["-Drill", "-Drill -DatabaseUrl $args[1]"])
        {
            var report = Test(box, parameters).ThrowIfFailed().Single();
            Assert.Equal((false, "Passed", "NotRun", "NotRun"),
                ((bool)report.At("Usable")!, report.Text("Integrity"), report.Text("Restored"), report.Text("Verified")));
            Assert.NotEmpty(report.Text("Problem")!);
        }
    }

    [Fact]
    public void A_flipped_bit_is_found_before_anything_is_swapped_at_random_places()
    {
        using var box = new PostgresSandbox().Fill("012");
        var path = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        var good = File.ReadAllBytes(path);
        var before = box.Fingerprint();
        var random = new Random(20261124);
        for (var round = 0; round < Sampling.Places; round++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, bad);
            // One in the first bytes makes it no dump at all, or one of a pg_dump that does not exist yet.
            box.Restore(path).Error("BackupDamaged|BackupForeign|BackupTooNew", ErrorCategory.InvalidData);
        }
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal([box.Database], box.Databases(""));
    }

    [Fact]
    public void Of_a_deployment_the_tools_and_the_server_in_its_own_container_are_used()
    {
        using var host = new ModuleHost();
        using var project = StandInProject.Start("0.27.0", "postgres");
        var run = host.Run(
            $"$d = Get-ShoreGuardDeployment -Project {project.Name}; $d | Backup-ShoreGuardDatabase -Path $args[0] | Test-ShoreGuardBackup -Deployment $d "
            + "-Drill", project.Folder);
        var report = run.ThrowIfFailed().Single();
        Assert.True((bool)report.At("Usable")!, report.Text("Problem"));
        Assert.Equal(("016", "0.27.0", "Passed"), (report.Text("Revision"), report.Text("Backup.Release"), report.Text("Verified")));
        Assert.True(project.Answers("readyz"));
        var database = host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardDatabase").ThrowIfFailed().Single();
        Assert.Equal(("016", $"shoreguard in the container {project.Name}-db-1"), (database.Text("Revision"), database.Text("Location")));
        Assert.StartsWith("PostgreSQL 17", database.Text("ServerVersion"), StringComparison.Ordinal);
    }

    private static RunResult Test(PostgresSandbox box, string parameters) =>
        box.Module.Run($"Test-ShoreGuardBackup $args[0] {parameters} -Verbose", box.Folder, box.Url);
}
