using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Backup and restore of a Compose project's own database, with the application around it.</summary>
public sealed class ApplicationTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Theory]
    [InlineData("sqlite")]
    [FullData("postgres")]
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
        Assert.Equal(("Ready", "016", "016"), (same.Text("Application"), same.Text("RevisionBefore"), same.Text("Revision")));
        Assert.True(project.Answers("readyz"));
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
        project.WaitUntil("without a probe left over", () =>
            Docker.Run("ps", "--all", "--quiet", "--filter", "label=shoreguard.rollback.probe", "--filter", "status=exited").Length == 0);

        project.Deploy("0.27.0");
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.Equal(gateways, project.GatewayCount);
    }

    [Theory]
    [FullData("sqlite")]
    [InlineData("postgres")]
    public void An_undo_brings_the_rows_and_the_application_back(string database)
    {
        using var project = StandInProject.Start("0.27.0", database);
        project.AddGateway("of-027");
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        project.AddGateway("later");
        var both = project.GatewayCount;

        var restored = Restore(project, path).ThrowIfFailed().Single();
        Assert.Equal(("Ready", both - 1), (restored.Text("Application"), project.GatewayCount));
        var undone = Undo(restored).ThrowIfFailed().Single();
        Assert.Equal(("Ready", "016", restored.Text("Kept")), (undone.Text("Application"), undone.Text("Revision"), undone.Text("PutBack")));
        Assert.Equal(both, project.GatewayCount);

        // What its image would not leave alone is not started; the undo of that is.
        project.Deploy("0.28.0");
        project.WaitUntil("running 0.28.0", () => project.AnsweringVersion == "0.28.0");
        var older = Restore(project, path).ThrowIfFailed().Single();
        Assert.Equal(("LeftStopped", "017", "016"), (older.Text("Application"), older.Text("RevisionBefore"), older.Text("Revision")));
        Assert.Empty(Undo(older, "-WhatIf").ThrowIfFailed().Output);
        Assert.Null(project.AnsweringVersion);
        var newer = Undo(older, "-GateTimeoutSec 5").ThrowIfFailed().Single();
        Assert.Equal(("016", "017", "running"), (newer.Text("RevisionBefore"), newer.Text("Revision"), newer.Text("Deployment.State")));
        // This release is ready for its first seconds alone.
        Assert.Contains(newer.Text("Application"), (string[])["Ready", "NotReady"]);
        Assert.Equal("0.28.0", project.AnsweringVersion);

        // The container that an image rollback makes has the deployment's name, and is not started on what it does not know.
        var again = Undo(newer).ThrowIfFailed().Single();
        project.Deploy("0.27.0");
        project.WaitUntil("running 0.27.0", () => project.AnsweringVersion == "0.27.0" && project.Answers("readyz"));
        var last = Undo(again).ThrowIfFailed().Single();
        Assert.Equal(("LeftStopped", "016", "017"), (last.Text("Application"), last.Text("RevisionBefore"), last.Text("Revision")));
        Assert.Equal("exited", last.Text("Deployment.State"));
    }

    [Fact]
    public void An_application_that_is_not_ready_in_time_is_told_with_what_to_type_and_nothing_is_undone()
    {
        using var project = StandInProject.Start("0.27.0");
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        project.StartSeconds = 20;
        project.Deploy("0.27.0");
        project.WaitUntil("ready", () => project.Answers("readyz"));
        var run = Run(project, "Restore-ShoreGuardDatabase -BackupPath $args[0] -GateTimeoutSec 2 -Confirm:$false", path).ThrowIfFailed();
        Assert.Equal(
            ("NotReady", "True", "running"), (run.Single().Text("Application"), run.Single().Text("Succeeded"), run.Single().Text("Deployment.State")));
        Assert.Contains("$result | Restore-ShoreGuardDatabase -Undo", run.Single().Text("Recommendation"), StringComparison.Ordinal);
        Assert.Contains(run.Warnings, text => text.Contains("not ready", StringComparison.Ordinal));
        Assert.True(File.Exists(run.Single().Text("Kept")));
    }

    [Fact]
    public void What_was_not_ready_before_need_not_be_ready_after()
    {
        using var project = StandInProject.Start("0.29.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz") && !project.Answers("readyz"));
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        var result = Restore(project, path).ThrowIfFailed().Single();
        Assert.Equal("Live", result.Text("Application"));
        Assert.Contains("failed before the restore and fails now", result.Text("Recommendation"), StringComparison.Ordinal);
    }

    [Fact]
    public void With_force_the_sessions_of_others_on_a_deployments_server_are_ended()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        Docker.ExecBehind($"{project.Name}-db-1", "psql", "--username=shoreguard", "--command=SELECT pg_sleep(120)", "shoreguard");
        project.WaitUntil("used by psql",
            () => Docker.Exec($"{project.Name}-db-1", "psql", "--username=shoreguard", "--tuples-only",
            "--command=SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'", "postgres").Trim() == "1");
        var run = Run(project, "Restore-ShoreGuardDatabase -BackupPath $args[0] -Force -Confirm:$false -Verbose", path).ThrowIfFailed();
        Assert.Equal("Ready", run.Single().Text("Application"));
        Assert.Contains(run.Verbose, text => text.Contains("the sessions of others are ended then, which now are: ", StringComparison.Ordinal)
            && text.Contains("psql (shoreguard", StringComparison.Ordinal));
    }

    [Fact]
    public void The_undo_of_another_deployments_restore_is_refused()
    {
        using var project = StandInProject.Start("0.27.0");
        using var other = StandInProject.Start("0.27.0");
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        var run = _module.Run(
            $"$r = Get-ShoreGuardDeployment -Project {project.Name} | Restore-ShoreGuardDatabase -BackupPath $args[0] -Confirm:$false; $d = "
            + $"Get-ShoreGuardDeployment -Project {other.Name}; [ShoreGuard.Rollback.RestoreResult]@{{ Succeeded = $true; Kept = $r.Kept; Kind = $r.Kind; "
            + $"Database = $r.Database; Location = $r.Location; Deployment = $d }} | Restore-ShoreGuardDatabase -Undo -Confirm:$false", path);
        run.Error("UndoOtherDatabase", System.Management.Automation.ErrorCategory.InvalidArgument);
        Assert.True(project.Answers("readyz") && other.Answers("readyz"));
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
    public void A_session_of_somebody_else_is_found_before_the_application_is_stopped()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        var path = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath")!;
        var started = Run(project, "").Single().Text("StartedAt");
        Docker.ExecBehind($"{project.Name}-db-1", "psql", "--username=shoreguard", "--command=SELECT pg_sleep(120)", "shoreguard");
        var error = Restore(project, path).Error("DatabaseBusy", System.Management.Automation.ErrorCategory.ResourceBusy);
        Assert.Contains("psql (shoreguard", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(started, Run(project, "").Single().Text("StartedAt"));
        Assert.DoesNotContain(
            "_restore_", Docker.Exec($"{project.Name}-db-1", "psql", "--username=shoreguard", "--list", "shoreguard"), StringComparison.Ordinal);
    }

    [Fact]
    public void In_place_by_the_tools_in_the_databases_own_container()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        // The role of the project is its server's superuser; the application gets one that may do no more than it needs.
        project.Compose("stop", "shoreguard");
        foreach (var sql in new[]
        {
            $"CREATE ROLE app LOGIN PASSWORD '{StandInProject.Password}'", "ALTER DATABASE shoreguard OWNER TO app", "DROP SCHEMA public CASCADE",
                "CREATE SCHEMA public AUTHORIZATION app",
        })
            Docker.Exec($"{project.Name}-db-1", "psql", "--username=shoreguard", $"--command={sql}", "shoreguard");
        File.WriteAllText(project.ComposeFile, File.ReadAllText(project.ComposeFile)
            .Replace("postgresql+psycopg://shoreguard:", "postgresql+psycopg://app:", StringComparison.Ordinal)
                .Replace("PGUSER: shoreguard", "PGUSER: app", StringComparison.Ordinal));
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
        var steps = result.List("Steps").Select(step => step.Text("Detail")).ToList();
        Assert.Contains($"tools in the container {project.Name}-db-1", steps);
        var kept = result.Text("Kept")!;
        Assert.Equal("016", Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("Revision"));

        project.Deploy("0.27.0");
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.Equal(gateways, project.GatewayCount);

        // The safety copy is a backup like any other.
        Assert.Equal("017", Restore(project, kept).ThrowIfFailed().Single().Text("Revision"));
    }

    private RunResult Undo(System.Management.Automation.PSObject result, string more = "")
    {
        var run = _module.Run($"$args[0] | Restore-ShoreGuardDatabase -Undo -Confirm:$false -Verbose {more}", result);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => error.ToString())), text =>
            text.Contains(StandInProject.Password, StringComparison.Ordinal));
        return run;
    }

    private RunResult Restore(StandInProject project, string path) =>
        Run(project, "Restore-ShoreGuardDatabase -BackupPath $args[0] -Confirm:$false -Verbose", path);

    private RunResult Run(StandInProject project, string command, string? argument = null)
    {
        var run = _module.Run($"Get-ShoreGuardDeployment -Project {project.Name}{(command.Length > 0 ? " | " : "")}{command}", argument);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => error.ToString())), text =>
            text.Contains(StandInProject.Password, StringComparison.Ordinal));
        return run;
    }
}
