using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Schema;

/// <summary>Downgrades whose process is killed: the next call tells and mends.</summary>
public sealed class DowngradeKillTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [FullData("postgres")]
    public void Killed_at_any_step_the_next_call_brings_it_to_its_end(string database)
    {
        using var image = DowngradeTests.SlowHalfWay();
        using var project = StandInProject.Start("0.27.0", database);
        project.AddGateway("kept");
        string[] steps = ["Check that the database is", "Stop ", "Back up the database", "Check that the backup can", "Downgrade s2",
            "Running downgrade s1 -> 016", "Check the schema"];
        foreach (var step in Sampling.Third(steps, first: database == "sqlite" ? 0 : 1))
        {
            project.Deploy(image);
            Downgrading.KillAt(project, "-To 016", step);

            var run = _module.Downgrade(project, "-To 016");
            Assert.True(run.Errors.Count == 0, $"{step}: {string.Join('\n', run.Errors)}");
            var result = run.Single();
            Assert.True((result.Text("Succeeded"), _module.Revision(project)) == ("True", "016"), $"{step}: {result.Text("Revision")}");
            Downgrading.AssertNothingIsLeftOver(project);

            project.DeployAndWait("0.27.0");
            Assert.True(project.GatewayCount == 1, step);
        }
    }

    [Fact]
    public void A_chain_that_failed_half_way_while_nobody_watched_is_put_back_by_the_next_call()
    {
        using var image = DowngradeTests.FailingHalfWay();
        using var project = StandInProject.Start("0.27.0");
        project.AddGateway("kept");
        project.Deploy(image);
        Downgrading.KillAt(project, "-To 016", "Running downgrade f1 -> 016");
        project.WaitUntil("half-way down", () =>
            Docker.Run("ps", "--quiet", "--filter", $"label=shoreguard.rollback.downgrade={project.Container}").Length == 0);
        Assert.Equal("f1", _module.Revision(project));

        var whatIf = _module.Run(
            $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardSchemaDowngrade -To f1 -BackupFolder '{project.Folder}/backups' -WhatIf")
            .ThrowIfFailed();
        Assert.Empty(whatIf.Output);
        Assert.Equal("f1", _module.Revision(project));

        // To where it may go: put back first, then down one step.
        var run = _module.Downgrade(project, "-To f1").ThrowIfFailed();
        Assert.Contains(run.Warnings, warning => warning.Contains("was undone: its database is at f2 again", StringComparison.Ordinal));
        Assert.Contains(run.Verbose, text => text.Contains("or put its database back", StringComparison.Ordinal));
        // Somebody may have written to it since the kill, so it is not taken away, but told.
        var left = Assert.Single(run.Warnings, warning => warning.Contains("is kept, with whatever was written to it since", StringComparison.Ordinal));
        Assert.Matches(@"before-restore-\S+ \(\d+\.\d MB\); to remove it: ", left);
        Assert.Equal(("True", "f1"), (run.Single().Text("Succeeded"), _module.Revision(project)));
        Downgrading.AssertNothingIsLeftOver(project);
        project.Deploy(image);
        Assert.Equal(1, project.GatewayCount);
    }

    [Fact]
    public async Task One_that_goes_on_in_another_process_is_left_alone()
    {
        using var image = DowngradeTests.SlowHalfWay();
        using var project = StandInProject.Start("0.27.0");
        project.Deploy(image);
        var other = Task.Run(() =>
        {
            using var module = new ModuleHost();
            return module.Downgrade(project, "-To 016");
        });
        project.WaitUntil("going down", () => Docker.Run("ps", "--quiet", "--filter", $"label=shoreguard.rollback.downgrade={project.Container}").Length > 0);
        _module.Downgrade(project, "-To 016").Error("RollbackInProgress", ErrorCategory.ResourceBusy);
        Assert.Equal("True", (await other).ThrowIfFailed().Single().Text("Succeeded"));
        Assert.Equal("016", _module.Revision(project));
    }

    // Whoever has the database's address alone sees no lock of a deployment, but the server's; that it keeps out a restore, the tests of those say.
    [Fact]
    public async Task The_server_has_a_lock_as_long_as_it_lasts()
    {
        using var image = DowngradeTests.SlowHalfWay();
        using var project = StandInProject.Start("0.27.0", "postgres");
        project.Deploy(image);
        Assert.Equal("0", Locks(project));
        var other = Task.Run(() =>
        {
            using var module = new ModuleHost();
            return module.Downgrade(project, "-To 016");
        });
        project.WaitUntil("going down", () => Docker.Run("ps", "--quiet", "--filter", $"label=shoreguard.rollback.downgrade={project.Container}").Length > 0);

        Assert.Equal("1", Locks(project));

        Assert.Equal("True", (await other).ThrowIfFailed().Single().Text("Succeeded"));
        Assert.Equal("0", Locks(project));
    }

    private static string Locks(StandInProject project) => Docker.Exec($"{project.Name}-db-1", "psql", "--username=shoreguard", "--tuples-only", "--no-align",
        "--command=SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "postgres").Trim();
}
