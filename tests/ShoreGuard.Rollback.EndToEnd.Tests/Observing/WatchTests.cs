using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Observing;

/// <summary>Deployments that are watched while they hold, die, and are replaced.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public async Task A_good_one_holds_and_is_known_to_be_good_and_one_that_somebody_replaces_says_so()
    {
        using var project = StandInProject.Start("0.27.0");
        var state = Path.Combine(project.Folder, "state");
        var held = Watch(project, $"-ObservationWindow 00:00:03 -StatePath '{state}' -Token (ConvertTo-SecureString {StandInProject.Key} -AsPlainText -Force)").Single();
        Assert.Equal("Held", held.Text("Outcome"));
        Assert.Equal(1.0, held.At("Availability"));
        Assert.Equal("0.27.0", held.Text("Identity.Version"));
        Assert.True((int)held.At("Looks")! > 4);
        var mark = _host.Run($"Get-ShoreGuardDeployment -Name {project.Container} | Set-ShoreGuardKnownGood -Remove -StatePath '{state}'").ThrowIfFailed().Single();
        Assert.StartsWith("held for 3", mark.Text("Reason"), StringComparison.Ordinal);

        var deploying = Task.Run(async () =>
        {
            await Task.Delay(1500, TestContext.Current.CancellationToken);
            project.Deploy("0.32.0");
        }, TestContext.Current.CancellationToken);
        var output = Watch(project, "-ObservationWindow 00:01:00 -NoMark");
        await deploying;
        var replaced = output[^1];
        Assert.Equal("Inconclusive", replaced.Text("Outcome"));
        // What lies in that image.
        Assert.Equal("0.32.1.dev3", replaced.Text("Identity.Version"));
        Assert.Contains(output, change => change.Text("What") == "Container" && change.Text("To")!.Contains("0.32.1.dev3", StringComparison.Ordinal));
    }

    // Its background task dies five seconds after its start.
    [Fact]
    public void One_that_dies_after_its_start_regresses_and_nothing_is_rolled_back()
    {
        using var project = StandInProject.Start("0.28.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        var id = (string?)Docker.Inspect(project.Container)["Id"];
        var output = Watch(project, "-ObservationWindow 00:02:00");
        var result = output[^1];
        Assert.Equal("Regressed", result.Text("Outcome"));
        Assert.Contains("is dead", result.Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal("NotReady", Assert.Single(output.SkipLast(1), change => (bool)change.At("IsRegression")!).Text("To"));
        Assert.Equal(id, (string?)Docker.Inspect(project.Container)["Id"]);
    }

    private IReadOnlyList<PSObject> Watch(StandInProject project, string arguments) =>
        _host.Run($"Get-ShoreGuardDeployment -Name {project.Container} | Watch-ShoreGuardDeployment -IntervalSec 0.5 {arguments}").ThrowIfFailed().Output;

    public void Dispose() => _host.Dispose();
}
