using System.Management.Automation;
using System.Text;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>The smoke test of the API as a part of the gate.</summary>
public sealed class SmokeGateTests : IDisposable
{
    // Ready, and every call with a key is answered with an error.
    private const string BreakItsApi = "RUN sed -i 's/if BEHAVIOUR == \"broken-api\":/if True:/' /usr/local/lib/python3*/site-packages/shoreguard/api.py";

    private readonly ModuleHost _host = new();

    [Theory]
    [InlineData("postgres", "HotSwap")]
    [InlineData("proxied", "BlueGreen")]
    public void Nobody_is_switched_to_a_build_that_is_ready_and_whose_API_fails(string setup, string strategy)
    {
        using var broken = DerivedImage.Build("0.27.0", BreakItsApi);
        using var project = StandInProject.Start("0.32.0", setup);
        project.AddGateway("gw1");
        var before = Describe(project);

        var refusal = RollBack(project, "-Version 0.27.0", "sg_wrong");
        Assert.Contains("/api/gateway/list: HTTP 401", refusal.Error("SmokeTokenRefused", ErrorCategory.PermissionDenied).ToString(), StringComparison.Ordinal);
        Assert.Empty(refusal.Output);

        var run = RollBack(project, $"-Image {broken.Name} -Pin None", StandInProject.Key);
        Assert.Contains("/api/gateway/list: HTTP 500", run.Error("GateRefused", ErrorCategory.InvalidResult).ToString(), StringComparison.Ordinal);
        var result = run.Single();
        Assert.Equal(strategy, result.Text("Strategy"));
        Assert.Equal("Failing", result.Text("Gate.Api.Status"));
        Assert.Equal(0, result.At("Outage.Failed"));
        Assert.Contains("Gate.Api", result.Text("Recommendation"), StringComparison.Ordinal);
        Assert.Equal(before, Describe(project));
        HotSwapTests.AssertNothingIsLeftOver(project);

        var passed = RollBack(project, "-Version 0.27.0", StandInProject.Key).ThrowIfFailed().Single();
        Assert.Equal("Working", passed.Text("Gate.Api.Status"));
        Assert.Equal(["/api/gateway/list", "/api/gateways/gw1/sandboxes"], passed.List("Gate.Api.Calls").Select(call => call.Text("Path")));
        Assert.Equal("0.27.0", project.AnsweringVersion);
    }

    [Fact]
    public void The_key_is_written_down_nowhere_and_one_that_is_resumed_says_that_it_is_not_tested_again()
    {
        using var made = RollbackCase.Make(_host, "0.27.0", "0.28.0", "sqlite");
        KilledProcess.At($"$k = ConvertTo-SecureString {StandInProject.Key} -AsPlainText -Force; {made.Command("-Version 0.27.0 -SmokeToken $k")} -Verbose",
            "Start the new container");

        foreach (var file in Directory.EnumerateFiles(made.State, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(StandInProject.Key, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal);
        var run = _host.Run(
            $"Get-ShoreGuardRollback -Unfinished -Name {made.Project.Container} -StatePath '{made.State}' | Resume-ShoreGuardRollback -StatePath "
            + $"'{made.State}' -Confirm:$false").ThrowIfFailed();
        Assert.Contains(run.Warnings, warning =>
            warning.Contains("smoke test", StringComparison.Ordinal) && warning.Contains("Test-ShoreGuardApi", StringComparison.Ordinal));
        Assert.Equal("0.27.0", made.Project.AnsweringVersion);
    }

    private RunResult RollBack(StandInProject project, string arguments, string key) =>
        _host.RollBack(project, $"{arguments} -SmokeToken (ConvertTo-SecureString {key} -AsPlainText -Force)");

    private static string Describe(StandInProject project)
    {
        var container = Docker.Inspect(project.Container);
        return $"{container["Id"]} {container["Image"]} {container["State"]!["StartedAt"]}";
    }

    public void Dispose() => _host.Dispose();
}
