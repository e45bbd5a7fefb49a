using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Backup and restore of a Compose project's own database, with the application around it.</summary>
public sealed class ApplicationTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void An_application_is_started_again_only_on_the_schema_its_image_leaves_alone(string database)
    {
        using var project = StandInProject.Start("0.27.0", database);
        project.AddGateway("of-027");
        var gateways = project.GatewayCount;
        var backup = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single();
        Assert.Equal(("016", "0.27.0"), (backup.Text("Revision"), backup.Text("Identity.Version")));
        var path = backup.Text("BackupPath")!;

        project.AddGateway("lost");
        var same = Restore(project, path).ThrowIfFailed().Single();
        Assert.Equal(("Restarted", "016", "016"), (same.Text("Application"), same.Text("RevisionBefore"), same.Text("Revision")));
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.Equal(gateways, project.GatewayCount);

        project.Deploy("0.28.0");
        project.WaitUntil("running 0.28.0", () => project.AnsweringVersion == "0.28.0");
        var started = Run(project, "").Single().Text("StartedAt");
        Assert.Empty(Run(project, "Restore-ShoreGuardDatabase -BackupPath $args[0] -WhatIf", path).ThrowIfFailed().Output);
        Assert.Equal(started, Run(project, "").Single().Text("StartedAt"));

        var older = Restore(project, path).ThrowIfFailed().Single();
        Assert.Equal(("LeftStopped", "017", "016"), (older.Text("Application"), older.Text("RevisionBefore"), older.Text("Revision")));
        Assert.Contains("Invoke-ShoreGuardImageRollback", older.Text("Recommendation"), StringComparison.Ordinal);
        Assert.Equal("exited", older.Text("Deployment.State"));
        Assert.Equal("016", Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("Revision"));
        Assert.Equal("StayedStopped", Restore(project, path).ThrowIfFailed().Single().Text("Application"));
        // Those of other tests come and go; one that is left over stays.
        project.WaitUntil("without a probe left over", () => Docker.Run("ps", "--all", "--quiet", "--filter", "label=shoreguard.rollback.probe", "--filter", "status=exited").Length == 0);

        project.Deploy("0.27.0");
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.Equal(gateways, project.GatewayCount);
    }

    [Theory]
    [InlineData("sqlite", "shoreguard-pg15-012.pgdump")]
    [InlineData("postgres", "shoreguard-sqlite-012.sqlite")]
    public void A_backup_of_the_other_kind_is_refused_and_the_application_runs_on(string database, string other)
    {
        using var project = StandInProject.Start("0.27.0", database);
        var started = Run(project, "").Single().Text("StartedAt");
        var run = Restore(project, Path.Combine(AppContext.BaseDirectory, "Data", "backups", other));
        run.Error("BackupKindMismatch", System.Management.Automation.ErrorCategory.InvalidData);
        Assert.Equal(started, Run(project, "").Single().Text("StartedAt"));
    }

    [Fact]
    public void Without_the_deployment_a_running_application_keeps_its_database()
    {
        using var project = StandInProject.Start("0.27.0");
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath");
        var file = Run(project, "").Single().Text("Database.HostPath");
        var run = _module.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -DatabaseUrl $args[1] -Confirm:$false", path, $"sqlite:///{file}");
        run.Error("DatabaseBusy", System.Management.Automation.ErrorCategory.ResourceBusy);
        project.AddGateway("still-written");
        Assert.True(project.Answers("readyz"));
    }

    [Fact]
    public void A_session_of_somebody_else_keeps_the_database_and_the_application_runs_again()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        Docker.Run("exec", "--detach", $"{project.Name}-db-1", "psql", "--username=shoreguard", "--command=SELECT pg_sleep(120)", "shoreguard");
        var error = Restore(project, path).Error("DatabaseBusy", System.Management.Automation.ErrorCategory.ResourceBusy);
        Assert.Contains("psql (shoreguard", error.ToString(), StringComparison.Ordinal);
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.DoesNotContain("_restore_", Docker.Run("exec", $"{project.Name}-db-1", "psql", "--username=shoreguard", "--list", "shoreguard"), StringComparison.Ordinal);
    }

    [Fact]
    public void In_place_by_the_tools_in_the_databases_own_container()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        // The role of the project is its server's superuser; the application gets one that may do no more than it needs.
        project.Compose("stop", "shoreguard");
        foreach (var sql in new[]
        {
            $"CREATE ROLE app LOGIN PASSWORD '{StandInProject.Password}'", "ALTER DATABASE shoreguard OWNER TO app", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public AUTHORIZATION app",
        })
            Docker.Run("exec", $"{project.Name}-db-1", "psql", "--username=shoreguard", $"--command={sql}", "shoreguard");
        File.WriteAllText(project.ComposeFile, File.ReadAllText(project.ComposeFile).Replace("postgresql+psycopg://shoreguard:", "postgresql+psycopg://app:", StringComparison.Ordinal));
        project.Up();
        project.WaitUntil("ready", () => project.Answers("readyz"));
        project.AddGateway("of-027");
        var gateways = project.GatewayCount;
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        project.Deploy("0.28.0");
        project.WaitUntil("running 0.28.0", () => project.AnsweringVersion == "0.28.0");
        project.AddGateway("lost");

        var result = Restore(project, path).ThrowIfFailed().Single();
        Assert.Equal(("LeftStopped", "017", "016"), (result.Text("Application"), result.Text("RevisionBefore"), result.Text("Revision")));
        var steps = ((System.Collections.IEnumerable)result.At("Steps")!).Cast<object>().Select(step => PSObjectOf(step).Text("Detail")).ToList();
        Assert.Contains($"tools in the container {project.Name}-db-1", steps);
        var kept = result.Text("Kept")!;
        Assert.Equal("016", Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("Revision"));

        project.Deploy("0.27.0");
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.Equal(gateways, project.GatewayCount);

        // The safety copy is a backup like any other.
        Assert.Equal("017", Restore(project, kept).ThrowIfFailed().Single().Text("Revision"));
    }

    private static System.Management.Automation.PSObject PSObjectOf(object value) => System.Management.Automation.PSObject.AsPSObject(value);

    private RunResult Restore(StandInProject project, string path) => Run(project, "Restore-ShoreGuardDatabase -BackupPath $args[0] -Confirm:$false -Verbose", path);

    private RunResult Run(StandInProject project, string command, string? argument = null)
    {
        var run = _module.Run($"Get-ShoreGuardDeployment -Project {project.Name}{(command.Length > 0 ? " | " : "")}{command}", argument);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => error.ToString())), text => text.Contains(StandInProject.Password, StringComparison.Ordinal));
        return run;
    }
}
