using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

public sealed class HotSwapTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void With_postgres_and_a_published_port_the_new_build_is_gated_before_anyone_is_switched_to_it()
    {
        using var project = StandInProject.Start("0.32.0", "postgres");
        project.AddGateway("gw1");
        var before = Docker.Inspect(project.Container);

        var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

        Assert.Equal("HotSwap", result.Text("Strategy"));
        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.Equal(1, project.GatewayCount);
        Assert.True((TimeSpan)result.At("Outage.Duration")! > TimeSpan.Zero);
        Assert.Empty(result.Texts("Warnings"));
        AssertNothingIsLeftOver(project);
        FidelityTests.AssertSameButForTheImage(before, Docker.Inspect(project.Container));
        AssertComposeLeavesItAlone(project);
        AssertSurvivesARestart(project);
    }

    [Theory]
    [InlineData("0.30.0")]
    [FullData("0.31.0")]
    public void A_target_that_fails_its_gate_costs_not_a_single_request(string target)
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        var before = Docker.Inspect(project.Container);

        var run = _host.RollBack(project, $"-Version {target}");

        run.Error("GateRefused", ErrorCategory.InvalidResult);
        var outage = run.Single();
        Assert.True((int)outage.At("Outage.Probes")! > 20);
        Assert.Equal(0, outage.At("Outage.Failed"));
        var now = Docker.Inspect(project.Container);
        Assert.Equal((string?)before["Id"], (string?)now["Id"]);
        Assert.Equal((string?)before["State"]!["StartedAt"], (string?)now["State"]!["StartedAt"]);
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void A_target_that_the_schema_is_ahead_of_is_not_even_begun_with()
    {
        using var project = StandInProject.Start("0.28.0", "postgres", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        var started = (string?)Docker.Inspect(project.Container)["State"]!["StartedAt"];
        var run = _host.RollBack(project, "-Version 0.27.0");
        Assert.Contains("revision 017", run.Error("TargetSchemaUnfit", ErrorCategory.InvalidOperation).ToString(), StringComparison.Ordinal);
        Assert.Equal(started, (string?)Docker.Inspect(project.Container)["State"]!["StartedAt"]);
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void Sqlite_is_hot_swapped_only_when_asked_for()
    {
        using var project = StandInProject.Start("0.32.0");
        project.AddGateway("gw1");
        var result = _host.RollBack(project, "-Version 0.27.0 -Strategy HotSwap").ThrowIfFailed().Single();
        Assert.Equal("HotSwap", result.Text("Strategy"));
        Assert.Contains("SQLite", result.Text("StrategyReason"), StringComparison.Ordinal);
        Assert.Equal(1, project.GatewayCount);
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void What_cannot_be_hot_swapped_is_refused_when_asked_for()
    {
        using var project = StandInProject.Start("0.32.0");
        project.Compose("stop", "shoreguard");
        var error = _host.RollBack(project, "-Version 0.27.0 -Strategy HotSwap").Error("StrategyImpossible", ErrorCategory.InvalidOperation);
        Assert.Contains("stopped", error.ToString(), StringComparison.Ordinal);
    }

    private static void AssertComposeLeavesItAlone(StandInProject project)
    {
        var id = (string?)Docker.Inspect(project.Container)["Id"];
        project.Up();
        Assert.Equal(id, (string?)Docker.Inspect(project.Container)["Id"]);
    }

    private static void AssertSurvivesARestart(StandInProject project)
    {
        Docker.Run("restart", project.Container);
        project.WaitUntil("back after a restart", () => project.AnsweringVersion == "0.27.0");
    }

    internal static void AssertNothingIsLeftOver(StandInProject project)
    {
        Assert.Empty(Docker.Names($"name={project.Name}-shoreguard-1-"));
        Assert.Equal($"{project.Name}_default", Docker.Run("network", "ls", "--filter", $"name={project.Name}", "--format", "{{.Name}}").Trim());
        Assert.Empty(Directory.GetFiles(project.Folder, "*.tmp"));
    }

    public void Dispose() => _host.Dispose();
}
