using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A server that is no container: what a container's URL means there may be another server here, with the same password even.</summary>
public sealed class PostgresRouteTests
{
    [Fact]
    public void The_loopback_of_a_container_s_own_network_is_not_the_one_here()
    {
        using var box = new PostgresSandbox().Fill("017");
        var before = box.Fingerprint();
        using var app = new App(box.Url);
        foreach (var command in (string[])["Get-ShoreGuardDatabase", "Backup-ShoreGuardDatabase -Path $args[0]",
            "Restore-ShoreGuardDatabase -BackupPath $args[1] -Force -Confirm:$false"])
        {
            var error = app.Run(box, command).Error("ServerNotReachable", ErrorCategory.ResourceUnavailable);
            Assert.DoesNotContain(PostgresSandbox.Password, error.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(before, box.Fingerprint());
        Assert.Empty(Directory.GetFiles(box.Folder));
    }

    [Theory]
    [InlineData("127.0.0.1", "--network", "host")]
    [InlineData("gateway", "--add-host", "gateway:host-gateway")]
    [InlineData("host.docker.internal", "--label", "desktop")]
    public void The_engine_s_own_machine_is_this_one(string host, string option, string value)
    {
        using var box = new PostgresSandbox().Fill("017");
        using var app = new App(box.Url.Replace("@127.0.0.1:", $"@{host}:", StringComparison.Ordinal), option, value);
        var found = app.Run(box, "Get-ShoreGuardDatabase").ThrowIfFailed().Single();
        Assert.Equal(("Direct", "017"), (found.Text("Transport"), found.Text("Revision")));
        Assert.Equal("017", app.Run(box, "Backup-ShoreGuardDatabase -Path $args[0]").ThrowIfFailed().Single().Text("Revision"));
    }

    [Fact]
    public void A_socket_is_where_its_folder_is_mounted_from()
    {
        using var server = new SecureServer();
        using var box = new PostgresSandbox();
        string Url(string folder) =>
            $"postgresql+psycopg://shoreguard:{Uri.EscapeDataString(SecureServer.Password)}@/shoreguard?host={folder}&port={server.Port}";
        box.Module.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -DatabaseUrl $args[1] -Confirm:$false", PostgresSandbox.Real("012"), Url(server.Sockets))
            .ThrowIfFailed();
        using (var app = new App(Url(server.Sockets)))
            app.Run(box, "Get-ShoreGuardDatabase").Error("ServerNotReachable", ErrorCategory.ResourceUnavailable);
        using (var app = new App(Url("/var/run/postgresql"), "--volume", $"{server.Sockets}:/var/run/postgresql"))
            Assert.Equal("012", app.Run(box, "Get-ShoreGuardDatabase").ThrowIfFailed().Single().Text("Revision"));
    }

    // As where two projects have a service of that name on a network that both use.
    [Fact]
    public void Two_containers_of_one_name_are_not_chosen_from()
    {
        _ = Stack.Repository;
        using var box = new PostgresSandbox();
        var network = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        string[] servers = [$"{network}-one", $"{network}-other"];
        Docker.Run("network", "create", network);
        try
        {
            foreach (var server in servers)
                Docker.Run("run", "--detach", "--name", server, "--network", network, "--network-alias", "db", "--entrypoint", "/usr/bin/sleep",
                    $"{Stack.Repository}:0.27.0", "600");
            using var app = new App("postgresql+psycopg://shoreguard:x@db:5432/shoreguard", "--network", network);
            var error = app.Run(box, "Get-ShoreGuardDatabase").Error("ServerAmbiguous", ErrorCategory.InvalidOperation);
            Assert.All(servers, server => Assert.Contains(server, error.ToString(), StringComparison.Ordinal));
        }
        finally
        {
            Docker.Run(["rm", "--force", .. servers]);
            Docker.Run("network", "rm", network);
        }
    }

    // The name means what it means to the container whose network is used.
    [Fact]
    public void A_container_that_uses_another_s_network_finds_the_server_there()
    {
        _ = Stack.Repository;
        using var box = new PostgresSandbox();
        var network = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        Docker.Run("network", "create", network);
        try
        {
            Docker.Run("run", "--detach", "--name", $"{network}-db", "--network", network, "--network-alias", "db", "--env", "POSTGRES_USER=shoreguard",
                "--env", $"POSTGRES_PASSWORD={StandInProject.Password}", Stack.DatabaseImage);
            Docker.Run("run", "--detach", "--name", $"{network}-owner", "--network", network, "--entrypoint", "/usr/bin/sleep", $"{Stack.Repository}:0.27.0",
                "600");
            using var app = new App($"postgresql+psycopg://shoreguard:{StandInProject.Password}@db:5432/shoreguard", "--network", $"container:{network}-owner");
            // An empty database: it was reached, and it is not yet ShoreGuard's.
            Docker.Exec($"{network}-db", "sh", "-c", "for i in $(seq 300); do pg_isready --host=127.0.0.1 && exit; sleep 0.1; done; exit 1");
            app.Run(box, "Get-ShoreGuardDatabase").Error("DatabaseForeign", ErrorCategory.InvalidData);
        }
        finally
        {
            Docker.Remove($"{network}-db", $"{network}-owner");
            Docker.Run("network", "rm", network);
        }
    }

    /// <summary>A container with the URL; whether its application gets anywhere with it is no matter.</summary>
    private sealed class App : IDisposable
    {
        private readonly string _name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";

        public App(string url, params string[] options)
        {
            _ = Stack.Repository;
            Docker.Run(["run", "--detach", "--name", _name, "--env", $"SHOREGUARD_DATABASE_URL={url}", "--entrypoint", "/usr/bin/sleep", .. options,
                $"{Stack.Repository}:0.27.0", "600"]);
        }

        public RunResult Run(PostgresSandbox box, string command) =>
            box.Module.Run($"Get-ShoreGuardDeployment -Name {_name} | {command}", box.Folder, PostgresSandbox.Real("012"));

        public void Dispose() => Docker.Remove(_name);
    }
}
