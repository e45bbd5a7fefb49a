using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A PostgreSQL server that is reached through its engine alone: sessions by a relay in its network, tools in its own container.</summary>
public sealed class ContainerPostgresTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_is_described_backed_up_and_restored(bool running)
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        project.AddGateway("first");
        if (!running)
            project.Compose("stop", "shoreguard");
        var report = Run(project, "Get-ShoreGuardDatabase").ThrowIfFailed().Single();
        Assert.Equal(("Container", "016", $"shoreguard in the container {project.Name}-db-1"),
            (report.Text("Transport"), report.Text("Revision"), report.Text("Location")));
        Assert.Contains(("gateways", 1L), ContainerSqliteTests.Rows(report));
        var backup = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single();
        Assert.Equal("016", backup.Text("Revision"));
        Psql(project, "UPDATE gateways SET name = 'changed'");

        var restored = Run(project, "Restore-ShoreGuardDatabase -Confirm:$false -BackupPath $args[0]", backup.Text("BackupPath")).ThrowIfFailed();
        var result = restored.Single();
        Assert.Equal(("True", running ? "Ready" : "StayedStopped"), (result.Text("Succeeded"), result.Text("Application")));
        Assert.Contains(restored.Verbose, line => line.Contains("reached through the container", StringComparison.Ordinal));
        Assert.Contains(restored.Verbose, line => line.Contains($"tools in the container {project.Name}-db-1", StringComparison.Ordinal));
        Assert.Equal("first", Psql(project, "SELECT name FROM gateways"));
        Assert.Equal("changed", Psql(project, "SELECT name FROM gateways", result.Text("Kept")!));
        AssertNoHelper(project);
    }

    [Fact]
    public void In_place_where_the_role_may_not_create_databases()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        project.Compose("stop", "shoreguard");
        foreach (var sql in new[]
        {
            $"CREATE ROLE app LOGIN PASSWORD '{StandInProject.Password}'", "ALTER DATABASE shoreguard OWNER TO app", "DROP SCHEMA public CASCADE",
                "CREATE SCHEMA public AUTHORIZATION app",
        })
            Psql(project, sql);
        File.WriteAllText(project.ComposeFile,
            File.ReadAllText(project.ComposeFile).Replace("postgresql+psycopg://shoreguard:", "postgresql+psycopg://app:", StringComparison.Ordinal)
            .Replace("PGUSER: shoreguard", "PGUSER: app", StringComparison.Ordinal));
        project.Up();
        project.WaitUntil("ready", () => project.Answers("readyz"));
        project.AddGateway("first");
        var backup = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath");
        Psql(project, "UPDATE gateways SET name = 'changed'");
        var result = Run(project, "Restore-ShoreGuardDatabase -Confirm:$false -BackupPath $args[0]", backup).ThrowIfFailed().Single();
        Assert.Equal("Ready", result.Text("Application"));
        Assert.EndsWith(".pgdump", result.Text("Kept"), StringComparison.Ordinal);
        Assert.Equal("first", Psql(project, "SELECT name FROM gateways"));
        AssertNoHelper(project);
    }

    [Fact]
    public void The_relay_s_container_is_killed_in_the_middle_and_everything_is_undone()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        project.AddGateway("first");
        Psql(project, "CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN true; END $$");
        Psql(project, "CREATE TABLE a_slow (x int CHECK (slow(x)))");
        Psql(project, "INSERT INTO a_slow SELECT generate_series(1, 6)");
        var backup = Run(project, "Backup-ShoreGuardDatabase -Path $args[0]", project.Folder).ThrowIfFailed().Single().Text("BackupPath");
        Psql(project, "UPDATE gateways SET name = 'changed'");
        var killing = Task.Run(() =>
        {
            project.WaitUntil("loading", () =>
                Psql(project, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY public.a_slow%' AND state = 'active'") != "0");
            foreach (var helper in Helpers(project))
                Docker.Run("kill", helper);
        }, TestContext.Current.CancellationToken);
        var run = Run(project, "Restore-ShoreGuardDatabase -Confirm:$false -BackupPath $args[0]", backup);
        Assert.Null(Record.Exception(() => Finish(killing)));
        // The tools have their own way; what was asked over the relay is asked again over a fresh one, or is undone over that.
        Assert.DoesNotContain(run.Errors, error => error.FullyQualifiedErrorId.StartsWith("UndoFailed", StringComparison.Ordinal));
        Assert.Equal(run.Errors.Count > 0 ? "changed" : "first", Psql(project, "SELECT name FROM gateways"));
        Assert.DoesNotContain("_restore_", Psql(project, "SELECT string_agg(datname, ' ') FROM pg_database"), StringComparison.Ordinal);
        project.WaitUntil("ready", () => project.Answers("readyz"));
        AssertNoHelper(project);
    }

    [Fact]
    public void The_operator_s_process_is_killed_and_nothing_of_it_runs_on()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        var script = $"Get-ShoreGuardDeployment -Project {project.Name} | Backup-ShoreGuardDatabase -Path '{project.Folder}' -Transport Container";
        Psql(project, "CREATE TABLE a_big AS SELECT x, repeat(md5(x::text), 30) AS text FROM generate_series(1, 100000) x");
        using var process = new KilledProcess(script);
        project.WaitUntil("with a helper", () => Helpers(project).Length > 0);
        process.Kill();
        process.WaitUntilKilled();
        project.WaitUntil("without a helper that runs", () => Helpers(project).Length == 0);
        project.WaitUntil("without a session of ours", () =>
            Psql(project, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ShoreGuard.Rollback' AND backend_type = 'client backend'") == "0");
        Run(project, "Get-ShoreGuardDatabase").ThrowIfFailed();
        AssertNoHelper(project);
    }

    [Fact]
    public void A_server_that_is_no_container_is_an_error()
    {
        var name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        Docker.Run("create", "--name", name, "--env", "SHOREGUARD_DATABASE_URL=postgresql+psycopg://u:s3cr3t-w0rd@203.0.113.7/d", $"{Stack.Repository}:0.27.0");
        try
        {
            var error = _module.Run($"Get-ShoreGuardDeployment -Name {name} | Get-ShoreGuardDatabase -Transport Container")
                .Error("ServerNotInContainer", ErrorCategory.InvalidOperation);
            Assert.DoesNotContain("s3cr3t-w0rd", error.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            Docker.Remove(name);
        }
    }

    private static void Finish(Task task) => task.GetAwaiter().GetResult();

    private static string Psql(StandInProject project, string sql, string database = "shoreguard") =>
        Docker.Exec($"{project.Name}-db-1", "psql", "--username=shoreguard", "--no-align", "--tuples-only", "--quiet", $"--command={sql}", database).Trim();

    private static string[] Helpers(StandInProject project, params string[] more)
    {
        var id = Docker.Run("container", "inspect", project.Container, "--format", "{{.Id}}").Trim();
        return Docker.Run(["ps", .. more, "--filter", $"label=shoreguard.rollback.helper={id}", "--format", "{{.ID}}"], [])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void AssertNoHelper(StandInProject project) => project.WaitUntil("without a helper", () => Helpers(project, "--all").Length == 0);

    private RunResult Run(StandInProject project, string command, string? argument = null)
    {
        var run = _module.Run($"Get-ShoreGuardDeployment -Project {project.Name} | {command} -Transport Container -Verbose", argument);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => error.ToString())), text =>
            text.Contains(StandInProject.Password, StringComparison.Ordinal));
        return run;
    }
}
