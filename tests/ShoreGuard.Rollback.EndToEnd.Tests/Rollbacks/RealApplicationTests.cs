using System.Diagnostics;
using System.Management.Automation;
using System.Net.Sockets;
using ShoreGuard.Rollback.EndToEnd.Tests.Schema;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>In what the real application is less forgiving than one that is made for tests.</summary>
public sealed class RealApplicationTests : IDisposable
{
    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    // A session that is begun between the last look and the disconnection would hang for ever, and with it everything else.
    [Fact]
    public void One_whose_background_tasks_use_the_database_all_the_time_is_hot_swapped()
    {
        using var project = StandInProject.Start("0.32.0", "postgres");
        project.AddToEnvironment("SHOREGUARD_STANDIN_ONE_LOOP: \"true\"");
        project.WaitUntil("ready", () => project.Answers("readyz"));
        project.AddGateway("gw1");

        var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

        Assert.Equal(("HotSwap", "0.27.0"), (result.Text("Strategy"), project.AnsweringVersion));
        Assert.True((TimeSpan)result.At("Outage.Duration")! < TimeSpan.FromSeconds(10), result.Text("Outage"));
        Assert.Equal(1, project.GatewayCount);
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    // The same libraries and the same pool: a session into a network that is gone stops its event loop.
    [Theory]
    [InlineData("HotSwap")]
    [InlineData("Recreate")]
    public void One_on_its_libraries_goes_back_with_a_stream_open(string strategy)
    {
        using var project = StandInProject.Start("0.32.0", "postgres", prepare: OnItsLibraries);
        project.AddGateway("gw1");
        using var stream = project.OpenStream();

        var result = _host.RollBack(project, $"-Version 0.27.0 -Strategy {strategy}").ThrowIfFailed().Single();

        Assert.Equal((strategy, "0.27.0"), (result.Text("Strategy"), project.AnsweringVersion));
        Assert.True((TimeSpan)result.At("Outage.Duration")! < TimeSpan.FromSeconds(strategy == "HotSwap" ? 5 : 40), result.Text("Outage"));
        Assert.Equal(1, project.GatewayCount);
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    // Its secret is beside the database: it has to stay with the volume.
    [Fact]
    public void One_on_its_libraries_with_SQLite_keeps_the_sessions_of_its_users()
    {
        using var project = StandInProject.Start("0.32.0", prepare: OnItsLibraries);
        var session = project.LogIn();
        Assert.True(project.AnswersSession(session));
        _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();
        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.True(project.AnswersSession(session));
    }

    // SQLAlchemy shows no password where a URL is made text, and the real one hands that text on.
    [Fact]
    public void One_on_its_libraries_with_a_password_in_its_URL_is_told_that_its_login_was_refused()
    {
        using var project = StandInProject.Start("0.27.0", "postgres", waitUntilReady: false, project =>
            (project.Server, project.HasPasswordInUrl) = ("uvicorn", true));
        project.WaitUntil("ended", () => (int)Docker.Inspect(project.Container)["RestartCount"]! > 0);
        var health = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Contains("exit code 3", health.Text("Explanation"), StringComparison.Ordinal);
        Assert.Contains("password authentication failed", health.Text("Explanation"), StringComparison.Ordinal);
    }

    [Fact]
    public void One_whose_migration_fails_on_PostgreSQL_is_told_so()
    {
        using var image = DerivedImage.WithScripts("0.27.0", new()
        {
            ["x1.py"] = Downgrading.Script("x1", "016",
                "if op.get_bind().dialect.name == 'postgresql': op.execute('ALTER TABLE gateways ALTER COLUMN name TYPE integer USING name::date')", "pass"),
        });
        using var project = StandInProject.Start("0.27.0", "postgres");
        project.AddGateway("gw1");
        // It never answers, so that nobody waits for that.
        var name = image.Name.Split(':');
        project.Deploy(name[1], name[0]);
        project.WaitUntil("ended", () => (int)Docker.Inspect(project.Container)["RestartCount"]! > 0);
        var health = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Contains("exit code 3", health.Text("Explanation"), StringComparison.Ordinal);
        Assert.Contains("a migration of the database failed: (psycopg.errors.", health.Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal("ImageSuspected", health.Text("Diagnosis"));
    }

    [Fact]
    public void One_that_may_not_write_into_its_volume_is_told_so()
    {
        using var project = StandInProject.Start("0.27.0", waitUntilReady: false, prepare: project =>
        {
            // The image has no such folder: what is made of it is root's.
            File.WriteAllText(
                project.ComposeFile, File.ReadAllText(project.ComposeFile).Replace("/home/shoreguard/.config/shoreguard", "/data", StringComparison.Ordinal));
            project.Configure("SHOREGUARD_DATABASE_URL: sqlite:////data/shoreguard.db");
        });
        project.WaitUntil("ended", () => (int)Docker.Inspect(project.Container)["RestartCount"]! > 0);
        var health = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Contains("cannot open its SQLite database", health.Text("Explanation"), StringComparison.Ordinal);
    }

    // All of its stop would be outage, and its end a kill.
    [Fact]
    public void One_whose_stop_is_held_up_by_a_stream_has_it_in_its_plan()
    {
        using var project = StandInProject.Start("0.32.0", prepare: OnItsLibraries);
        var plan = $"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardRollbackPlan -Version 0.27.0 -Switch Recreate -BackupFolder "
            + $"'{project.Folder}'";
        Assert.DoesNotContain(_host.Run(plan).ThrowIfFailed().Single().Texts("Warnings"), warning =>
            warning.Contains("stop_grace_period", StringComparison.Ordinal));
        using var stream = project.OpenStream();
        Assert.Contains(_host.Run(plan).ThrowIfFailed().Single().Texts("Warnings"), warning =>
            warning.Contains("its stop takes 10 s", StringComparison.Ordinal) && warning.Contains("stop_grace_period", StringComparison.Ordinal));
    }

    private static void OnItsLibraries(StandInProject project) => project.Server = "uvicorn";

    // The password in a variable, user and port in a service file that is mounted.
    private static void WithAService(StandInProject project)
    {
        OnItsLibraries(project);
        File.WriteAllText(Path.Combine(project.Folder, "pg_service.conf"), "[sg]\nuser=shoreguard\nport=5432\n");
        const string Environment = "    environment:\n      SHOREGUARD_DATABASE_URL: ";
        File.WriteAllText(project.ComposeFile, File.ReadAllText(project.ComposeFile).Replace(
            Environment, $"    volumes: [\"./pg_service.conf:/etc/sg/pg_service.conf:ro\"]\n{Environment}", StringComparison.Ordinal));
        project.Configure("PGSERVICE: sg\n      PGSERVICEFILE: /etc/sg/pg_service.conf");
    }

    // With a password in its URL the real one does not start.
    [Fact]
    public void One_that_has_its_password_from_PGPASSWORD()
    {
        using var project = StandInProject.Start("0.27.0", "postgres", prepare: WithAService);
        project.AddGateway("kept");
        project.Deploy("0.28.0");
        project.WaitUntil("live", () => project.AnsweringVersion == "0.28.0");
        var (find, folder) = ($"Get-ShoreGuardDeployment -Project {project.Name}", project.Folder);

        Assert.Equal("017", _host.Run($"{find} | Get-ShoreGuardDatabase").ThrowIfFailed().Single().Text("Revision"));
        var path = _host.Run($"{find} | Backup-ShoreGuardDatabase '{folder}/backups'").ThrowIfFailed().Single().Text("BackupPath");
        Assert.Equal("True", _host.Run($"Test-ShoreGuardBackup $args[0] -Drill -Quiet -Deployment ({find})", path).ThrowIfFailed().Texts.Single());
        var run = _host.Run(
            $"{find} | Invoke-ShoreGuardRollback -Version 0.27.0 -GateTimeoutSec {project.GatePatience} -StabilitySec 0.3 -BackupFolder '{folder}/backups' "
            + $"-StatePath '{folder}/state' -Confirm:$false -Verbose");

        Assert.Equal(("Downgrade", "016"), (run.ThrowIfFailed().Single().Text("Strategy"), run.Single().Text("Revisions")));
        Assert.Equal(("0.27.0", 1), (project.AnsweringVersion, project.GatewayCount));
        Assert.DoesNotContain(run.Verbose, line => line.Contains(StandInProject.Password, StringComparison.Ordinal));
    }

    [Fact]
    public void One_that_is_never_ready_because_discovery_is_off_is_well()
    {
        // The target is here.
        using var project = StandInProject.Start("0.27.0");
        project.Deploy("0.32.0");
        project.AddToEnvironment("SHOREGUARD_DISCOVERY_ENABLED: \"false\"");
        project.WaitUntil("live", () => project.AnsweringVersion == "0.32.1.dev3");
        var find = $"Get-ShoreGuardDeployment -Project {project.Name}";

        var health = _host.Run($"{find} | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Equal("Healthy", health.Text("Status"));
        Assert.Contains("left out: background_discovery, which is off", health.Text("Explanation"), StringComparison.Ordinal);
        // An address alone does not say how it is set.
        var address = _host.Run($"Test-ShoreGuardHealth {project.Uri}").ThrowIfFailed().Single();
        Assert.Equal("NotReady", address.Text("Status"));
        Assert.Contains("-IgnoreCheck background_discovery", address.Text("Recommendation"), StringComparison.Ordinal);

        var plan = _host.Run($"{find} | Get-ShoreGuardRollbackPlan -Version 0.27.0 -Force:$false -BackupFolder '{project.Folder}'").ThrowIfFailed().Single();
        Assert.DoesNotContain(plan.Texts("Obstacles"), why => why.StartsWith("It is not the image", StringComparison.Ordinal));
        Assert.Equal("True", _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single().Text("Succeeded"));
    }

    // As a project for development mounts its source: another image would change nothing of what runs.
    [Fact]
    public void One_whose_code_is_mounted_is_refused_before_anything_is_changed()
    {
        using var project = StandInProject.Start("0.28.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        var package = Docker.Exec(project.Container, "python3", "-c", "import shoreguard; print(list(shoreguard.__path__)[0])").Trim();
        var source = Directory.CreateDirectory(Path.Combine(project.Folder, "source")).FullName;
        Docker.Run("cp", $"{project.Container}:{package}", source);
        File.WriteAllText(project.ComposeFile,
            File.ReadAllText(project.ComposeFile).Replace("    volumes:\n      - ", "    volumes:\n      - ./source:/app\n      - ", StringComparison.Ordinal));
        project.AddToEnvironment("PYTHONPATH: /app");
        project.WaitUntil("live again", () => project.Answers("healthz"));
        var before = (string?)Docker.Inspect(project.Container)["Id"];
        var find = $"Get-ShoreGuardDeployment -Project {project.Name}";

        foreach (var command in (string[])["Invoke-ShoreGuardImageRollback -Version 0.27.0 -Confirm:$false",
            $"Invoke-ShoreGuardRollback -Version 0.27.0 -BackupFolder '{project.Folder}' -Confirm:$false",
            $"Invoke-ShoreGuardSchemaDowngrade -To 016 -BackupFolder '{project.Folder}' -Confirm:$false"])
        {
            var error = _host.Run($"{find} | {command}").Error("CodeNotOfImage", ErrorCategory.InvalidOperation);
            Assert.Contains($"/app/shoreguard, which is mounted from {source}", error.ToString(), StringComparison.Ordinal);
        }
        project.Compose("stop", "shoreguard");
        _host.Run($"{find} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Confirm:$false").Error("CodeNotOfImage", ErrorCategory.InvalidOperation);
        Assert.Equal(before, (string?)Docker.Inspect(project.Container)["Id"]);
        Assert.Empty(Directory.GetFiles(project.Folder, "*.sqlite"));
    }

    // The gate alone would not notice: the application serves.
    [Fact]
    public void One_whose_database_is_moved_on_by_something_else_is_put_back()
    {
        using var project = StandInProject.Start("0.32.0", "postgres");
        var before = (string?)Docker.Inspect(project.Container)["Id"];

        var run = _host.Run($$"""
            & { Get-ShoreGuardDeployment -Project {{project.Name}} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -GateTimeoutSec 15 -StabilitySec 4 -Confirm:$false -Verbose } 4>&1 | ForEach-Object {
                if ("$_".Contains('Gate where it is published')) {
                    $null = docker exec {{project.Name}}-db-1 psql --username=shoreguard --dbname=shoreguard --command="UPDATE alembic_version SET version_num = '015'"
                }
                if ($_ -isnot [System.Management.Automation.VerboseRecord]) { $_ }
            }
            """);

        var error = run.Error("RollbackReverted", ErrorCategory.InvalidResult);
        Assert.Contains("at revision 015 after the start", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, (string?)Docker.Inspect(project.Container)["Id"]);
        project.WaitUntil("back", () => project.AnsweringVersion == "0.32.1.dev3");
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void One_that_crashes_at_its_start_is_told_with_its_exit_code_and_its_last_words()
    {
        using var project = StandInProject.Start("0.31.0", waitUntilReady: false);
        project.WaitUntil("crashed", () => (int)Docker.Inspect(project.Container)["RestartCount"]! > 0);
        var health = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Contains($"{project.Container} crashes again and again with exit code 1: RuntimeError: this release crashes at its start.",
            health.Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal(("Unreachable", "ImageSuspected"), (health.Text("Status"), health.Text("Diagnosis")));
    }

    [Fact]
    public void One_that_is_still_starting_is_told_so()
    {
        using var project = StandInProject.Start("0.27.0");
        project.StartSeconds = 60;
        project.Deploy("0.32.0");
        var health = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Equal("Unreachable", health.Text("Status"));
        Assert.Contains("may still be starting", health.Text("Explanation"), StringComparison.Ordinal);
        Assert.StartsWith("Run the same command again in a few seconds", health.Text("Recommendation"), StringComparison.Ordinal);
    }
}
