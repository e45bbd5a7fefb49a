using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Behind a real Caddy, which repeats nothing by itself, no client sees that a release is switched.</summary>
public sealed class BlueGreenTests : IDisposable
{
    private const string Aliases = "{{range .NetworkSettings.Networks}}{{range .Aliases}}{{.}} {{end}}{{end}}";
    private readonly ModuleHost _host = new();

    [Fact]
    public async Task Behind_a_proxy_not_a_single_request_fails()
    {
        using var project = StandInProject.Start("0.32.0", "proxied");
        project.AddGateway("gw1");
        project.StartSeconds = 2;
        for (var round = 0; round < 3; round++)
        {
            Redeploy(project);
            var before = Docker.Inspect(project.Container);
            await using var visitors = new Visitors(project.Uri);
            await Task.Delay(300, TestContext.Current.CancellationToken);

            var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

            await Task.Delay(300, TestContext.Current.CancellationToken);
            await visitors.LeaveAsync();
            Assert.Empty(visitors.Failures);
            Assert.True(visitors.Answered > 500, $"Only {visitors.Answered} requests were sent.");
            Assert.Equal("BlueGreen", result.Text("Strategy"));
            Assert.Contains("its alias shoreguard", result.Text("StrategyReason"), StringComparison.Ordinal);
            Assert.Equal(0, result.At("Outage.Failed"));
            Assert.True((int)result.At("Outage.Probes")! > 20);
            Assert.Empty(result.Texts("Warnings"));
            Assert.Equal("0.27.0", project.AnsweringVersion);
            Assert.Equal(1, project.GatewayCount);
            HotSwapTests.AssertNothingIsLeftOver(project);
            FidelityTests.AssertSameButForTheImage(before, Docker.Inspect(project.Container));
        }
    }

    [Fact]
    public void The_result_has_the_alias_for_good_and_Compose_leaves_it_alone()
    {
        using var project = StandInProject.Start("0.32.0", "proxied");
        var aliases = AliasesOf(project);
        _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();

        Assert.Equal(aliases, AliasesOf(project));
        var id = (string?)Docker.Inspect(project.Container)["Id"];
        project.Up();
        Assert.Equal(id, (string?)Docker.Inspect(project.Container)["Id"]);
        Docker.Run("restart", project.Container);
        project.WaitUntil("back after a restart", () => project.AnsweringVersion == "0.27.0");
        Assert.Equal(aliases, AliasesOf(project));
        Assert.Equal($"{project.Name}_default", (string?)Docker.Inspect(project.Container)["HostConfig"]!["NetworkMode"]);
        // The database is on no other network than before.
        Assert.Single(Docker.Inspect($"{project.Name}-db-1")["NetworkSettings"]!["Networks"]!.AsObject());
    }

    [Fact]
    public async Task A_request_that_is_under_way_is_answered()
    {
        using var project = StandInProject.Start("0.32.0", "proxied");
        using var slow = await SlowRequest.BeginAsync(project);
        var finishing = Task.Run(() =>
        {
            project.WaitUntil("handed over", () =>
                Docker.Run("ps", "--filter", $"name={project.Container}-shoreguard-old-", "--format", "{{.Names}}").Trim().Length > 0);
            return slow.FinishAsync();
        });
        _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();
        Assert.Matches("^HTTP/1.1 (200|201) ", await finishing);
        Assert.Equal(1, project.GatewayCount);
    }

    [Theory]
    [FullData("0.30.0")]
    [InlineData("0.31.0")]
    public async Task A_target_that_fails_its_gate_costs_not_a_single_request(string target)
    {
        using var project = StandInProject.Start("0.27.0", "proxied");
        var before = Docker.Inspect(project.Container);
        await using var visitors = new Visitors(project.Uri);

        var run = _host.RollBack(project, $"-Version {target}");

        await visitors.LeaveAsync();
        run.Error("GateRefused", ErrorCategory.InvalidResult);
        Assert.Empty(visitors.Failures);
        Assert.True(visitors.Answered > 100);
        Assert.Equal(0, run.Single().At("Outage.Failed"));
        var now = Docker.Inspect(project.Container);
        Assert.Equal((string?)before["Id"], (string?)now["Id"]);
        Assert.Equal((string?)before["State"]!["StartedAt"], (string?)now["State"]!["StartedAt"]);
        Assert.Equal(before["NetworkSettings"]!.ToJsonString(), now["NetworkSettings"]!.ToJsonString());
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    [Fact]
    public async Task The_way_back_after_the_alias_was_handed_over_costs_not_a_single_request()
    {
        using var project = StandInProject.Start("0.32.0", "proxied");
        var (id, aliases) = ((string?)Docker.Inspect(project.Container)["Id"], AliasesOf(project));
        await using var visitors = new Visitors(project.Uri);

        Assert.Null(_host.RunAndStopAt(
            $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0.3 -Confirm:$false",
            "Gate under the alias"));

        await Task.Delay(300, TestContext.Current.CancellationToken);
        await visitors.LeaveAsync();
        Assert.Empty(visitors.Failures);
        Assert.Equal("0.32.1.dev3", project.AnsweringVersion);
        Assert.Equal(id, (string?)Docker.Inspect(project.Container)["Id"]);
        Assert.Equal(aliases, AliasesOf(project));
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void An_address_that_would_not_be_given_again_is_not_given_up()
    {
        using var project = StandInProject.Start("0.32.0", "proxied");
        var before = AddressOf(project.Container);
        // Two others come while it is stopped, and take the lowest addresses; when they have gone, the new container fills only one of the gaps.
        Docker.Run("stop", project.Container);
        var (first, second) = (Place(project), Place(project));
        Docker.Run("start", project.Container);
        Assert.NotEqual(before, AddressOf(project.Container));
        Docker.Remove(first, second);
        project.WaitUntil("ready", () => project.Answers("readyz"));

        var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

        Assert.Contains(result.List("Steps").Select(step => step.Text("Detail")), detail =>
            detail?.Contains($"keeps that on {project.Name}_default", StringComparison.Ordinal) == true);
        Assert.Equal("0.27.0", project.AnsweringVersion);
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void Sqlite_is_switched_so_only_when_asked_for()
    {
        using var container = new Container("--network-alias", "guard");
        var result = _host.Run(
            "Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Force -Strategy BlueGreen -StabilitySec 0 "
            + "-Confirm:$false", container.Name).ThrowIfFailed().Single();
        Assert.Equal("BlueGreen", result.Text("Strategy"));
        Assert.Contains("SQLite", result.Text("StrategyReason"), StringComparison.Ordinal);
        Assert.Equal("0.27.0", result.Text("After.Version"));
        Assert.Contains("guard ", Docker.Run("container", "inspect", container.Name, "--format", Aliases), StringComparison.Ordinal);
    }

    [Fact]
    public void By_itself_sqlite_is_recreated()
    {
        using var container = new Container("--network-alias", "guard");
        var result = _host.Run(
            "Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Force -StabilitySec 0 -Confirm:$false", container.Name)
            .ThrowIfFailed().Single();
        Assert.Equal("Recreate", result.Text("Strategy"));
        Assert.Contains("SQLite", result.Text("StrategyReason"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a host port is published", "--network-alias", "guard", "--publish", "127.0.0.1::8888")]
    [InlineData("no network alias")]
    [InlineData("its address is fixed", "--network-alias", "guard", "--ip", "SUBNET.9")]
    public void What_cannot_be_switched_so_is_refused_when_asked_for(string why, params string[] options)
    {
        using var container = new Container(options);
        var error = _host.Run(
            "Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Force -Strategy BlueGreen -Confirm:$false",
            container.Name)
            .Error("StrategyImpossible", ErrorCategory.InvalidOperation);
        Assert.Contains(why, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_publishes_no_port_is_not_hot_swapped()
    {
        using var project = StandInProject.Start("0.32.0", "proxied");
        var error = _host.RollBack(project, "-Version 0.27.0 -Strategy HotSwap").Error("StrategyImpossible", ErrorCategory.InvalidOperation);
        Assert.Contains("no host port is published", error.ToString(), StringComparison.Ordinal);
    }

    private static void Redeploy(StandInProject project)
    {
        project.Deploy("0.32.0");
        project.WaitUntil("at 0.32.0", () => project.AnsweringVersion == "0.32.1.dev3" && project.Answers("readyz"));
    }

    private static string Place(StandInProject project) => Docker.Run(
        "run", "--detach", "--label", $"com.docker.compose.project={project.Name}", "--network", $"{project.Name}_default", "--entrypoint", "sleep",
        Stack.ProxyImage, "60").Trim().Split('\n')[^1];

    private static string AddressOf(string container) =>
        Docker.Run("container", "inspect", container, "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}").Trim();

    // Less the short id, which an engine adds for clients of an older API.
    private static string AliasesOf(StandInProject project) => string.Join(' ',
        Docker.Run("container", "inspect", project.Container, "--format", Aliases).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Where(alias => !((string)Docker.Inspect(project.Container)["Id"]!).StartsWith(alias, StringComparison.Ordinal)));

    public void Dispose() => _host.Dispose();

    /// <summary>A POST of which half of the body is on its way.</summary>
    private sealed class SlowRequest(TcpClient client) : IDisposable
    {
        private const string Body = """{"name":"slow","endpoint":"127.0.0.1:19090","scheme":"http"}""";

        public static async Task<SlowRequest> BeginAsync(StandInProject project)
        {
            var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, project.Port);
            var head = $"POST /api/gateway/register HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {StandInProject.Key}\r\nContent-Type: "
                + $"application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + Body[..20]));
            return new(client);
        }

        /// <summary>Sends the rest; gives the first line of the answer.</summary>
        public async Task<string?> FinishAsync()
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Body[20..]));
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadLineAsync();
        }

        public void Dispose() => client.Dispose();
    }

    /// <summary>A container on a network of its own, made without Compose, with SQLite.</summary>
    private sealed class Container : IDisposable
    {
        public Container(params string[] options)
        {
            _ = Stack.Repository;
            var prefix = Docker.CreateNetwork(Name);
            Docker.Run(["run", "--detach", "--name", Name, "--network", Name,
                .. options.Select(option => option.Replace("SUBNET", prefix, StringComparison.Ordinal)), $"{Stack.Repository}:0.32.0"], []);
        }

        public string Name { get; } = $"sgtest-bluegreen-{Guid.NewGuid().ToString("n")[..8]}";

        public void Dispose()
        {
            Docker.Remove(Name);
            Docker.Run("network", "rm", Name);
        }
    }
}
