using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>An engine whose volumes and networks are elsewhere: its databases are reached through their containers without being told so.</summary>
public sealed class RemoteEngineTests
{
    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void A_sqlite_database_in_a_volume(bool running)
    {
        // On a file system of its own, which nobody outside its mount namespace sees.
        using var engine = new OlderEngine("1500m", machine: "");
        using var app = new SqliteApplication(volume: true, engine);
        if (!running)
            engine.Docker("stop", app.Name);
        var found = app.Run("Get-ShoreGuardDatabase -Verbose").ThrowIfFailed();
        Assert.Equal("Container", found.Single().Text("Transport"));
        Assert.Contains(found.Verbose, line => line.Contains("does not exist here or cannot be seen", StringComparison.Ordinal));
        app.Run("Get-ShoreGuardDatabase -Transport Direct").Error("DatabaseNotDirect", ErrorCategory.ResourceUnavailable);
        var path = app.Run("Backup-ShoreGuardDatabase -Path $args[0]", app.Backups).ThrowIfFailed().Single().Text("BackupPath");
        if (!running)
            engine.Docker("start", app.Name);
        app.Add("lost");
        if (!running)
            engine.Docker("stop", app.Name);
        var result = app.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -Confirm:$false", path).ThrowIfFailed().Single();
        Assert.Equal(running ? "Ready" : "StayedStopped", result.Text("Application"));
        Assert.Equal("first", app.Gateways());
        app.AssertNoHelper();
    }

    [Fact]
    public void A_sqlite_database_in_a_container_s_own_layer()
    {
        using var engine = OlderEngine.Borrow();
        using var app = new SqliteApplication(volume: false, engine);
        var path = app.Run("Backup-ShoreGuardDatabase -Path $args[0]", app.Backups).ThrowIfFailed().Single().Text("BackupPath");
        app.Add("lost");
        var result = app.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -Confirm:$false", path).ThrowIfFailed().Single();
        Assert.Equal("Ready", result.Text("Application"));
        Assert.Equal("first", app.Gateways());
        app.AssertNoHelper();
    }

    // Published there on a port that is somebody else's here.
    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void A_postgresql_database_in_a_container(bool published)
    {
        _ = Stack.Repository;
        using var engine = OlderEngine.Borrow();
        using var module = new ModuleHost();
        var folder = Directory.CreateTempSubdirectory("shoreguard-test-");
        // A network of this engine has the same addresses, and nobody is at them: on one that it chose itself another test's server could be.
        var reserved = $"sgtest-reserved-{Guid.NewGuid().ToString("n")[..8]}";
        var subnet = $"{Docker.CreateNetwork(reserved)}.0/24";
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        _ = HangUpAsync(other);
        try
        {
            engine.Docker("network", "create", "--subnet", subnet, "n");
            string[] options = published ? ["--publish", $"127.0.0.1:{port}:5432"] : [];
            engine.Docker(
                ["run", "--detach", "--name", "db", "--network", "n", .. options, "--env", "POSTGRES_USER=shoreguard", "--env",
                $"POSTGRES_PASSWORD={StandInProject.Password}", Stack.DatabaseImage]);
            WaitUntil(() => engine.Docker("exec", "db", "pg_isready", "--host=127.0.0.1"));
            engine.Docker("run", "--detach", "--name", "app", "--network", "n", "--env",
                $"SHOREGUARD_DATABASE_URL=postgresql+psycopg://shoreguard:{StandInProject.Password}@db:5432/shoreguard", $"{Stack.Repository}:0.27.0");
            WaitUntil(() => engine.Docker("exec", "app", "python3", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8888/readyz')"));
            var find = $"Get-ShoreGuardDeployment -DockerHost {engine.Host} -Name app";
            var found = module.Run($"{find} | Get-ShoreGuardDatabase -Verbose").ThrowIfFailed();
            Assert.Equal("Container", found.Single().Text("Transport"));
            Assert.Contains(found.Verbose, line => line.Contains("the network of the container db is not on this machine", StringComparison.Ordinal));
            if (published)
            {
                var insisted = module.Run($"{find} | Get-ShoreGuardDatabase -Transport Direct");
                insisted.Error("DatabaseUnreachable", ErrorCategory.ConnectionError);
                Assert.Contains(insisted.Warnings, line =>
                    line.Contains($"Cannot determine from here whether 127.0.0.1:{port} leads to the container db", StringComparison.Ordinal));
            }
            else
            {
                var direct = module.Run($"{find} | Get-ShoreGuardDatabase -Transport Direct").Error("DatabaseNotDirect", ErrorCategory.ResourceUnavailable);
                Assert.Contains("is on this machine an address of another network", direct.Exception.Message, StringComparison.Ordinal);
            }
            var path = module.Run($"{find} | Backup-ShoreGuardDatabase -Path $args[0]", folder.FullName).ThrowIfFailed().Single().Text("BackupPath");
            var drill = $"Test-ShoreGuardBackup $args[0] -Drill -Quiet -Deployment ({find}) -Transport";
            Assert.Equal("True", module.Run($"{drill} Container", path).ThrowIfFailed().Texts.Single());
            var there = module.Run($"{drill} Direct", path);
            if (published)
                Assert.Equal("False", there.ThrowIfFailed().Texts.Single());
            else
                there.Error("DatabaseNotDirect", ErrorCategory.ResourceUnavailable);
            var result = module.Run($"{find} | Restore-ShoreGuardDatabase -BackupPath $args[0] -Confirm:$false", path).ThrowIfFailed().Single();
            Assert.Equal(("True", "Ready"), (result.Text("Succeeded"), result.Text("Application")));
            WaitUntil(() => engine.Docker("exec", "app", "python3", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8888/readyz')"));
            Assert.Equal("app\ndb",
                string.Join('\n',
                engine.Docker("ps", "--all", "--format", "{{.Names}}").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)));
        }
        finally
        {
            Docker.Run("network", "rm", reserved);
            folder.Delete(recursive: true);
        }
    }

    // What leads to the server ends with the rollback, once, and is no failure of it.
    [Fact]
    public void A_whole_rollback_with_a_downgrade_of_a_postgresql_database()
    {
        _ = Stack.Repository;
        using var engine = OlderEngine.Borrow();
        using var module = new ModuleHost();
        var folder = Directory.CreateTempSubdirectory("shoreguard-test-");
        try
        {
            engine.Docker("network", "create", "n");
            engine.Docker("run", "--detach", "--name", "db", "--network", "n", "--env", "POSTGRES_USER=shoreguard", "--env",
                $"POSTGRES_PASSWORD={StandInProject.Password}", Stack.DatabaseImage);
            WaitUntil(() => engine.Docker("exec", "db", "pg_isready", "--host=127.0.0.1"));
            engine.Docker("run", "--detach", "--name", "app", "--network", "n", "--env",
                $"SHOREGUARD_DATABASE_URL=postgresql+psycopg://shoreguard:{StandInProject.Password}@db:5432/shoreguard", $"{Stack.Repository}:0.28.0");
            WaitUntil(() => engine.Docker("exec", "app", "python3", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8888/readyz')"));
            var run = module.Run($"Get-ShoreGuardDeployment -DockerHost {engine.Host} -Name app | Invoke-ShoreGuardRollback -Version 0.27.0 -Pin None "
                + $"{Rollbacks.RollbackCase.Gate} -BackupFolder $args[0] -StatePath $args[0] -Force -Confirm:$false",
                folder.FullName).ThrowIfFailed();
            Assert.Equal(("True", "016"), (run.Single().Text("Succeeded"), run.Single().Text("Revisions")));
            Assert.Equal("app\ndb",
                string.Join('\n',
                engine.Docker("ps", "--all", "--format", "{{.Names}}").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Somebody is there, and it is no PostgreSQL server. Ends with the listener.
    private static async Task HangUpAsync(TcpListener listener)
    {
        try
        {
            while (true)
                (await listener.AcceptSocketAsync()).Dispose();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private static void WaitUntil(Action succeeds)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); ; Thread.Sleep(200))
        {
            try
            {
                succeeds();
                return;
            }
            catch (InvalidOperationException) when (DateTime.UtcNow < until)
            {
                continue;
            }
        }
    }
}
