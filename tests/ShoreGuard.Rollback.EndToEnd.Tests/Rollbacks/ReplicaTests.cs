using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Replicas of a service go back together or not at all, and what shares a container's network goes with it.</summary>
public sealed class ReplicaTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Theory]
    [InlineData("sqlite", "Recreate")]
    [FullData("postgres", "HotSwap")]
    public void Replicas_go_back_one_after_another_and_are_pinned_once(string topology, string strategy)
    {
        using var project = StartReplicas("0.32.0", topology);

        var results = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Output;

        Assert.Equal(2, results.Count);
        Assert.All(results, result => Assert.Equal("0.27.0", result.Text("After.Version")));
        Assert.All(results, result => Assert.Equal(strategy, result.Text("Strategy")));
        Assert.Single(results.SelectMany(Steps), step => step.StartsWith("Pin in", StringComparison.Ordinal));
        var ids = Ids(project);
        project.Compose("up", "--detach", "--scale", "shoreguard=2");
        Assert.Equal(ids, Ids(project));
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void All_replicas_are_put_back_when_one_fails_its_gate()
    {
        const string Mark = "/home/shoreguard/.config/shoreguard/bad";
        using var project = StartReplicas(
            "0.32.0", more: $"    entrypoint: [sh, -c, '[ $$SHOREGUARD_VERSION != 0.27.0 ] || [ ! -e {Mark} ] && exec shoreguard']\n");
        var (ids, pins) = (Ids(project), File.ReadAllText(project.EnvFile));
        // Only in the second one the target does not start.
        Inside(project, 2, $"open('{Mark}', 'w')");

        var run = _host.RollBack(project, "-Version 0.27.0");

        Assert.Contains("the other replica", run.Error("GateRefused", ErrorCategory.InvalidResult).ToString(), StringComparison.Ordinal);
        Assert.Equal(2, run.Output.Count);
        Assert.All(run.Output, result => Assert.True((bool)result.At("Reverted")!));
        Assert.True((bool)run.Output[0].At("Gate.Passed")!);
        Assert.Contains($"another replica failed: {project.Name}-shoreguard-2", run.Output[0].Text("Reason"), StringComparison.Ordinal);
        Assert.Contains("exit code 1", run.Output[1].Text("Reason"), StringComparison.Ordinal);
        Assert.Equal(ids, Ids(project));
        Assert.Equal(pins, File.ReadAllText(project.EnvFile));
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void One_replica_alone_is_switched_with_a_warning_about_the_others()
    {
        using var project = StartReplicas("0.32.0");
        var run = _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0 -Confirm:$false",
            project.Container).ThrowIfFailed();
        Assert.Contains(run.Warnings, warning =>
            warning.Contains($"{project.Name}-shoreguard-2 of the same service stays on the old image", StringComparison.Ordinal));
        // The rest follows, and the one that is there already is left alone.
        run = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();
        Assert.Equal($"{project.Name}-shoreguard-2", run.Single().Text("Name"));
        Assert.Contains(run.Warnings, warning => warning.Contains("already runs the target", StringComparison.Ordinal));
    }

    [Fact]
    public void A_kill_in_the_middle_of_a_group_is_undone_by_the_next_call_for_every_replica()
    {
        using var project = StartReplicas("0.32.0");
        KillTests.KillAt(project, "Stop the old container", times: 2);
        Assert.Contains(Docker.Names($"name={project.Name}-shoreguard-1-"), name => name.Contains("-shoreguard-old-", StringComparison.Ordinal));

        var run = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();

        Assert.Equal(2, run.Warnings.Count(warning => warning.StartsWith("An interrupted switch was undone", StringComparison.Ordinal)));
        Assert.Equal(2, run.Output.Count);
        AssertNothingIsLeftOver(project);
    }

    [Theory]
    [FullData("Stop the old container")]
    [InlineData("Gate: live")]
    public void Ctrl_C_at_the_second_replica_puts_the_first_one_back_as_well(string step)
    {
        using var project = StartReplicas("0.32.0");
        var (ids, pins) = (Ids(project), File.ReadAllText(project.EnvFile));

        Assert.Null(_host.RunAndStopAt(
            $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0.3 -Confirm:$false", step,
            times: 2));

        Assert.Equal(ids, Ids(project));
        Assert.Equal(pins, File.ReadAllText(project.EnvFile));
        foreach (var number in (int[])[1, 2])
            Docker.WaitUntilLive($"{project.Name}-shoreguard-{number}");
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void What_shares_its_network_is_made_anew_with_it_and_Compose_leaves_both_alone()
    {
        using var project = StartWithSidecar("0.32.0");
        var before = Docker.Inspect(Sidecar(project));

        var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

        var (after, owner) = (Docker.Inspect(Sidecar(project)), (string)Docker.Inspect(project.Container)["Id"]!);
        Assert.Equal($"container:{owner}", (string?)after["HostConfig"]!["NetworkMode"]);
        Assert.Equal("running", (string?)after["State"]!["Status"]);
        Assert.Equal((string?)before["Image"], (string?)after["Image"]);
        Assert.Contains("share its namespaces", result.Text("StrategyReason"), StringComparison.Ordinal);
        Assert.Contains($"Recreate {Sidecar(project)}", Steps(result));
        // It sees the new build where it is.
        Assert.Contains("0.27.0",
            Docker.Exec(Sidecar(project), "python3", "-c", "import urllib.request as r; print(r.urlopen('http://localhost:8888/version').read())"),
            StringComparison.Ordinal);
        project.Up();
        Assert.Equal((string?)after["Id"], (string?)Docker.Inspect(Sidecar(project))["Id"]);
        Assert.Equal(owner, (string?)Docker.Inspect(project.Container)["Id"]);
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void What_shares_its_network_and_crashes_again_and_again_goes_along_and_does_not_stand_in_the_way()
    {
        using var project = StartWithSidecar("0.32.0", "['false']", "\n    restart: always");
        project.WaitUntil("in a restart loop", () => (int)Docker.Inspect(Sidecar(project))["RestartCount"]! > 3);

        _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();

        var after = Docker.Inspect(Sidecar(project));
        Assert.Equal($"container:{(string?)Docker.Inspect(project.Container)["Id"]}", (string?)after["HostConfig"]!["NetworkMode"]);
        Assert.NotEqual("exited", (string?)after["State"]!["Status"]);
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void What_shares_its_network_is_put_back_with_it()
    {
        using var project = StartWithSidecar("0.27.0");
        var (sidecar, owner) = (Docker.Inspect(Sidecar(project)), Docker.Inspect(project.Container));
        _host.RollBack(project, "-Version 0.31.0").Error("GateRefused", ErrorCategory.InvalidResult);
        Assert.Equal((string?)owner["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
        AssertSidecarIsBack(project, sidecar);
    }

    [Theory]
    [FullData("Stop the old container")]
    [InlineData("Check that they run")]
    public void A_kill_in_the_middle_leaves_nothing_of_what_shares_its_network(string step)
    {
        using var project = StartWithSidecar("0.32.0");
        KillTests.KillAt(project, step);
        var run = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();
        Assert.Contains(run.Warnings, warning => warning.StartsWith("An interrupted switch was undone", StringComparison.Ordinal));
        Assert.Equal("running", (string?)Docker.Inspect(Sidecar(project))["State"]!["Status"]);
        Assert.Equal($"container:{(string?)Docker.Inspect(project.Container)["Id"]}", (string?)Docker.Inspect(Sidecar(project))["HostConfig"]!["NetworkMode"]);
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void One_that_is_in_another_service_s_network_is_switched_there_and_Compose_leaves_both_alone()
    {
        using var project = StandInProject.Start("0.32.0");
        File.WriteAllText(project.ComposeFile, File.ReadAllText(project.ComposeFile)
            .Replace("    ports:\n      - \"127.0.0.1:${SHOREGUARD_PORT:-8888}:8888\"\n", "    network_mode: service:front\n", StringComparison.Ordinal)
            .Replace("services:\n",
                $"services:\n  front:\n    image: {Stack.DatabaseImage}\n    entrypoint: [sleep, '600']\n    init: true\n    ports:\n      "
                + $"- \"127.0.0.1:{project.Port}:8888\"\n", StringComparison.Ordinal));
        project.Compose("down");
        project.Up();
        project.WaitUntil("ready", () => project.Answers("readyz"));
        var (front, before) = ((string)Docker.Inspect($"{project.Name}-front-1")["Id"]!, Docker.Inspect(project.Container));

        var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

        Assert.Equal("Recreate", result.Text("Strategy"));
        Assert.Contains("shares the namespaces of another container", result.Text("StrategyReason"), StringComparison.Ordinal);
        Assert.Equal("0.27.0", project.AnsweringVersion);
        var after = Docker.Inspect(project.Container);
        FidelityTests.AssertSameButForTheImage(before, after);
        Assert.Equal($"container:{front}", (string?)after["HostConfig"]!["NetworkMode"]);
        project.Up();
        Assert.Equal(
            ((string?)after["Id"], front), ((string?)Docker.Inspect(project.Container)["Id"], (string?)Docker.Inspect($"{project.Name}-front-1")["Id"]));
        AssertNothingIsLeftOver(project);
    }

    private static void AssertSidecarIsBack(StandInProject project, System.Text.Json.Nodes.JsonObject before)
    {
        var now = Docker.Inspect(Sidecar(project));
        Assert.Equal((string?)before["Id"], (string?)now["Id"]);
        Assert.Equal("running", (string?)now["State"]!["Status"]);
        Assert.Contains("0.27.0",
            Docker.Exec(Sidecar(project), "python3", "-c", "import urllib.request as r; print(r.urlopen('http://localhost:8888/version').read())"),
            StringComparison.Ordinal);
        AssertNothingIsLeftOver(project);
    }

    private static StandInProject StartWithSidecar(string version, string entrypoint = "[sleep, '600']", string more = "")
    {
        var project = StandInProject.Start(version);
        var text = File.ReadAllText(project.ComposeFile);
        File.WriteAllText(project.ComposeFile,
            text.Replace("services:\n",
            $"services:\n  side:\n    image: {Stack.Repository}:{version}\n    entrypoint: {entrypoint}\n    init: true\n    network_mode: "
            + $"service:shoreguard{more}\n", StringComparison.Ordinal));
        project.Up();
        return project;
    }

    private static string Sidecar(StandInProject project) => $"{project.Name}-side-1";

    // Without a fixed host port; with SQLite each has a database of its own.
    private static StandInProject StartReplicas(string version, string topology = "sqlite", string more = "")
    {
        // Ready first: Compose hands its volume on, and stopped in its first migrations it would never start again.
        var project = StandInProject.Start(version, topology);
        File.WriteAllText(project.ComposeFile, File.ReadAllText(project.ComposeFile)
            .Replace("127.0.0.1:${SHOREGUARD_PORT:-8888}:8888", "127.0.0.1::8888", StringComparison.Ordinal)
            .Replace("- shoreguard-config:/home", "- /home", StringComparison.Ordinal)
            .Replace("    restart: unless-stopped\n", $"    restart: unless-stopped\n{more}", StringComparison.Ordinal));
        project.Compose("up", "--detach", "--scale", "shoreguard=2");
        foreach (var number in (int[])[1, 2])
            Docker.WaitUntilLive($"{project.Name}-shoreguard-{number}");
        return project;
    }

    private static string Inside(StandInProject project, int number, string python) =>
        Docker.Exec($"{project.Name}-shoreguard-{number}", "python3", "-c", python);

    private static string[] Ids(StandInProject project) =>
        [.. new[] { 1, 2 }.Select(number => (string)Docker.Inspect($"{project.Name}-shoreguard-{number}")["Id"]!)];

    private static IEnumerable<string> Steps(PSObject result) => result.List("Steps").Select(step => step.Text("Name")!);

    private static void AssertNothingIsLeftOver(StandInProject project)
    {
        Assert.DoesNotMatch("shoreguard-(old|new|gate)-[rs]", string.Join(' ', Docker.Names($"name={project.Name}")));
        Assert.Empty(Directory.GetFiles(project.Folder, "*.tmp"));
    }

    public void Dispose() => _host.Dispose();
}
