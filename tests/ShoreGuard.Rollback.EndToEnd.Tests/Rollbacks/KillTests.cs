using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Our process killed (SIGKILL) as each step of a switch begins: the next call puts in order what is left, and goes on.</summary>
public sealed class KillTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void Recreate() => KillAtEach(
        "sqlite",
        "Create the new container", "Stop the old container", "Rename the old container aside", "Give its name to the new container",
        "Start the new container", "Gate: live", "Pin in", "Remove the old container");

    [Fact]
    public void HotSwap() => KillAtEach(
        "postgres",
        "Make a private network", "Join the database", "Gate on the private network", "Freeze the new container", "Hand over", "Rename the old container aside",
        "Gate where it is published", "Pin in", "Take the private network away", "Stop the old container");

    [Fact]
    public void BlueGreen() => KillAtEach(
        "proxied",
        "Take the alias from the new container", "Start the new container", "Gate beside", "Give the alias to the new container",
        "Take the alias from the old container", "Rename the old container aside", "Give its name to the new container",
        "Gate under the alias", "Pin in", "Let the old container finish", "Stop the old container");

    // The first kill leaves a switch half done; the second one falls into its being put in order, as the engine is told to change something.
    [Theory]
    [InlineData("sqlite", "Gate: live", 1)]
    [FullData("sqlite", "Gate: live", 2)]
    [FullData("sqlite", "Gate: live", 3)]
    [FullData("sqlite", "Gate: live", 4)]
    [InlineData("postgres", "Gate where it is published", 1)]
    [FullData("postgres", "Gate where it is published", 4)]
    public void A_recovery_that_is_killed_itself_is_made_good_by_the_next_call(string topology, string step, int change)
    {
        using var project = StandInProject.Start("0.32.0", topology);
        project.AddGateway("gw1");
        KillAt(project, step);
        KillAtChange(project, change);

        var run = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();

        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.Equal(1, project.GatewayCount);
        Assert.Equal("True", run.Single().Text("Succeeded"));
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    private void KillAtEach(string topology, params string[] steps)
    {
        using var project = StandInProject.Start("0.32.0", topology);
        project.AddGateway("gw1");
        foreach (var step in Sampling.Sixth(steps, first: 4))
        {
            project.Deploy("0.32.0");
            project.WaitUntil("ready", () => project.Answers("readyz"));

            KillAt(project, step);
            var run = _host.RollBack(project, "-Version 0.27.0");

            // What had passed its gate already is only finished; then there is nothing to roll back any more.
            Assert.True(run.Errors.All(error => error.FullyQualifiedErrorId.StartsWith("TargetIsRunning", StringComparison.Ordinal)),
                $"{step}: {string.Join('\n', run.Errors)}");
            Assert.True(project.AnsweringVersion == "0.27.0", $"{step}: {project.AnsweringVersion} answers");
            Assert.True(project.GatewayCount == 1, step);
            HotSwapTests.AssertNothingIsLeftOver(project);
        }
    }

    // The change itself has reached the engine when the process is gone.
    private static void KillAtChange(StandInProject project, int number)
    {
        KilledProcess? process = null;
        using var begun = new ManualResetEventSlim();
        using var engine = EngineProxy.Start(onRequest: request =>
        {
            if (request.StartsWith("GET ", StringComparison.Ordinal) || Interlocked.Decrement(ref number) != 0)
                return;
            begun.Wait();
            process!.Kill();
        });
        using (process = new KilledProcess(Command(project), new Dictionary<string, string> { ["DOCKER_HOST"] = engine.Host }))
        {
            begun.Set();
            process.WaitUntilKilled();
        }
        Assert.True(number <= 0, $"{number} changes were not reached.");
    }

    private static string Command(StandInProject project) =>
        $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0.3 -Confirm:$false -Verbose";

    internal static void KillAt(StandInProject project, string step, int times = 1) => KilledProcess.At(Command(project), step, times);

    public void Dispose() => _host.Dispose();
}
