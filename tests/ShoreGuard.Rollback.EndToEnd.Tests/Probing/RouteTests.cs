using System.Diagnostics;
using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Probing;

/// <summary>How an application is reached that publishes no port, or publishes it where nobody here can get to.</summary>
public sealed class RouteTests : IDisposable
{
    private const string Silent = "import socket, time; listener = socket.create_server(('0.0.0.0', 8888)); time.sleep(600)";

    private readonly ModuleHost _host = new();

    [Fact]
    public void On_the_engine_s_own_machine()
    {
        var image = $"{Stack.Repository}:0.27.0";
        var name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        var port = StandInProject.FreePort();
        string[] containers = [$"{name}-internal", $"{name}-host", $"{name}-default", $"{name}-none"];
        Docker.Run("network", "create", "--internal", name);
        try
        {
            Docker.Run("run", "--detach", "--name", containers[0], "--network", name, image);
            Docker.Run("run", "--detach", "--name", containers[1], "--network", "host", "--env", $"SHOREGUARD_PORT={port}", image);
            Docker.Run("run", "--detach", "--name", containers[2], image);
            Docker.Run("run", "--detach", "--name", containers[3], "--network", "none", image);
            AssertRoute(containers[0], "ContainerAddress");
            AssertRoute(containers[1], "HostNetwork", $"http://localhost:{port}/");
            // Every engine calls this one's bridge docker0, so it proves nothing.
            AssertRoute(containers[2], "ContainerNetwork");
            AssertRoute(containers[3], "ContainerNetwork", "http://127.0.0.1:8888/");
        }
        finally
        {
            foreach (var container in containers)
                Docker.Remove(container);
            Docker.Run("network", "rm", name);
        }
    }

    [Fact]
    public void On_an_engine_whose_networks_are_elsewhere()
    {
        using var engine = OlderEngine.Borrow();
        engine.Docker("network", "create", "n");
        Start(engine, "serves", $"{Stack.Repository}:0.27.0");
        Start(engine, "published", "--publish", "127.0.0.1:8888:8888", $"{Stack.Repository}:0.27.0");
        Start(engine, "refuses", "--entrypoint", "/usr/bin/sleep", $"{Stack.Repository}:0.27.0", "600");
        Start(engine, "paused", $"{Stack.Repository}:0.27.0");
        Start(engine, "bare", "--env", "PATH=/nonexistent", "--entrypoint", "/usr/bin/sleep", $"{Stack.Repository}:0.27.0", "600");
        engine.Docker("pause", "paused");

        AssertRoute("serves", "ContainerNetwork", engine: engine);
        AssertOnlyItself(engine, "serves");
        AssertUnreachable(engine, "published", "PublishedPort", "connection refused");
        AssertUnreachable(engine, "refuses", "ContainerNetwork", "(asked inside the container's network): connection refused");
        AssertUnreachable(engine, "paused", "ContainerNetwork", "is paused");
        AssertUnreachable(engine, "bare", "ContainerNetwork", "python3");
        var find = $"Get-ShoreGuardDeployment -DockerHost {engine.Host} -Name serves";
        _host.Run($"$global:found = {find}").ThrowIfFailed();
        engine.Docker("stop", "serves");
        _host.Run($"{find} | Test-ShoreGuardHealth").Error("EndpointMissing", ErrorCategory.InvalidArgument);
        Assert.Contains("is not running", _host.Run("$found | Test-ShoreGuardHealth").ThrowIfFailed().Single().Text("Explanation"), StringComparison.Ordinal);
        engine.Docker("rm", "serves");
        _host.Run("$found | Test-ShoreGuardHealth").Error("DeploymentGone", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void A_request_that_is_given_up_or_whose_process_is_killed_leaves_nothing_in_the_container()
    {
        using var engine = OlderEngine.Borrow();
        engine.Docker("network", "create", "n");
        Start(engine, "silent", "--entrypoint", "/usr/bin/python3", $"{Stack.Repository}:0.27.0", "-c", Silent);
        AssertUnreachable(engine, "silent", "ContainerNetwork", "no answer within 1 s", "-TimeoutSec 1");
        AssertOnlyItself(engine, "silent");

        using var process = new KilledProcess($"Get-ShoreGuardDeployment -DockerHost {engine.Host} -Name silent | Test-ShoreGuardHealth -TimeoutSec 300");
        WaitUntil("three requests", () => Processes(engine, "silent") == 4);
        process.Kill();
        process.WaitUntilKilled();
        AssertOnlyItself(engine, "silent");
    }

    [Theory]
    [InlineData(false, "Recreate")]
    [FullData(true, "Recreate")]
    [InlineData(true, "HotSwap")]
    public void A_rollback_on_such_an_engine_is_gated_and_a_bad_one_is_put_back(bool published, string strategy)
    {
        using var engine = OlderEngine.Borrow();
        engine.Docker("network", "create", "n");
        Start(engine, "app", [.. published ? ["--publish", "127.0.0.1:8888:8888"] : Array.Empty<string>(), $"{Stack.Repository}:0.32.0"]);
        WaitUntil("a first answer", () => Answering(engine) == "0.32.1.dev3");
        var id = engine.Docker("container", "inspect", "app", "--format", "{{.Id}}");

        var refused = RollBack(engine, $"-Version 0.30.0 -Strategy {strategy}");
        refused.Error("GateRefused", ErrorCategory.InvalidResult);
        AssertGatedInside(refused.Single(), "0.32.1.dev3", published);
        Assert.Equal(id, engine.Docker("container", "inspect", "app", "--format", "{{.Id}}"));

        var done = RollBack(engine, $"-Version 0.27.0 -Strategy {strategy}");
        Assert.Empty(done.Errors);
        AssertGatedInside(done.Single(), "0.27.0", published);
        // With both containers alive beside each other, one of them that answers inside says nothing about who is served.
        Assert.Equal(strategy == "Recreate", done.Single().At("Outage") is not null);
        if (done.Single().At("Outage") is not null)
        {
            Assert.InRange((TimeSpan)done.Single().At("Outage.Duration")!, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));
            Assert.InRange((TimeSpan)done.Single().At("Outage.Resolution")!, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
            Assert.NotNull(done.Single().At("Outage.Ended"));
        }
        Assert.Equal("0.27.0", Answering(engine));
        Assert.Equal("app", engine.Docker("ps", "--all", "--format", "{{.Names}}").Trim());
        AssertOnlyItself(engine, "app");
    }

    private static void AssertGatedInside(PSObject result, string version, bool published)
    {
        Assert.Equal((version, "ContainerNetwork"), (result.Text("After.Version"), result.Text("Gate.Health.Route")));
        var warned = result.Texts("Warnings")
            .Count(warning => warning.Contains("could not be reached from here before the switch either", StringComparison.Ordinal));
        Assert.Equal(published ? 1 : 0, warned);
    }

    private RunResult RollBack(OlderEngine engine, string arguments) =>
        _host.Run($"Get-ShoreGuardDeployment -DockerHost {engine.Host} -Name app | Invoke-ShoreGuardImageRollback {arguments} -Pin None -Force -GateTimeoutSec "
            + "15 -StabilitySec 0.3 -Confirm:$false");

    /// <summary>The version that answers inside, by the docker command's word; null when nobody does.</summary>
    private static string? Answering(OlderEngine engine)
    {
        try
        {
            return engine.Docker("exec", "app", "python3", "-c",
                "import json, urllib.request as u; u.urlopen('http://127.0.0.1:8888/readyz'); "
                + "print(json.load(u.urlopen('http://127.0.0.1:8888/version'))['version'])").Trim();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private void AssertRoute(string name, string route, string? uri = null, OlderEngine? engine = null)
    {
        var find = $"Get-ShoreGuardDeployment -Name {name} {(engine is null ? "" : $"-DockerHost {engine.Host}")}";
        WaitUntil("healthy", () => _host.Run($"{find} | Test-ShoreGuardHealth -Quiet").Single().BaseObject is true);
        var deployment = _host.Run(find).Single();
        var report = _host.Run($"{find} | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Equal((route, route, "Healthy"), (deployment.Text("Route"), report.Text("Route"), report.Text("Status")));
        Assert.Equal(uri ?? deployment.Text("Uri"), report.Text("Uri"));
        var build = _host.Run($"{find} | Get-ShoreGuardVersion").ThrowIfFailed().Single();
        Assert.Equal(("0.27.0", route, $"{report.Text("Uri")}version"), (build.Text("Version"), build.Text("Route"), build.Text("Source")));
    }

    private void AssertUnreachable(OlderEngine engine, string name, string route, string why, string parameters = "")
    {
        var report = _host.Run($"Get-ShoreGuardDeployment -DockerHost {engine.Host} -Name {name} | Test-ShoreGuardHealth {parameters}")
            .ThrowIfFailed().Single();
        Assert.Equal((route, "Unreachable"), (report.Text("Route"), report.Text("Status")));
        Assert.Contains(why, report.Text("Explanation"), StringComparison.Ordinal);
    }

    private static void Start(OlderEngine engine, string name, params string[] arguments) =>
        engine.Docker(["run", "--detach", "--name", name, "--network", "n", .. arguments]);

    private static void AssertOnlyItself(OlderEngine engine, string name) => WaitUntil("only the application itself", () => Processes(engine, name) == 1);

    private static int Processes(OlderEngine engine, string name) => engine.Docker("top", name).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1;

    private static void WaitUntil(string what, Func<bool> holds)
    {
        var until = DateTime.UtcNow.AddSeconds(30);
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < until, $"There was not {what} within 30 s.");
            Task.Delay(100).Wait();
        }
    }

    public void Dispose() => _host.Dispose();
}
