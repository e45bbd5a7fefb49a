using System.Management.Automation;
using ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;
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
        var held = Watch(project, $"-ObservationWindow 00:00:03 -StatePath '{state}' -Token (ConvertTo-SecureString {StandInProject.Key} -AsPlainText -Force)")
            .Single();
        Assert.Equal("Held", held.Text("Outcome"));
        Assert.Equal(1.0, held.At("Availability"));
        Assert.Equal("0.27.0", held.Text("Identity.Version"));
        Assert.True((int)held.At("Looks")! > 4);
        var mark = _host.Run($"Get-ShoreGuardDeployment -Name {project.Container} | Set-ShoreGuardKnownGood -Remove -StatePath '{state}'")
            .ThrowIfFailed().Single();
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

    // Ctrl-C in the middle of it ends the watching alone: nothing is put back, and nothing is left.
    [Fact]
    public void A_rollback_ends_with_watching_and_one_that_is_stopped_there_has_succeeded()
    {
        using var project = StandInProject.Start("0.32.0", "postgres");
        var state = Path.Combine(project.Folder, "state");
        var rollBack = $"$k = ConvertTo-SecureString {StandInProject.Key} -AsPlainText -Force; Get-ShoreGuardDeployment -Name {project.Container} "
            + $"| Invoke-ShoreGuardRollback -Version 0.27.0 -Force -SmokeToken $k -GateTimeoutSec {project.GatePatience} -StabilitySec 0.3 -StatePath "
                + $"'{state}' -Confirm:$false";
        Assert.Null(_host.RunAndStopAt($"{rollBack} -ObservationWindow 00:15:00", "Watching"));
        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.Equal("Succeeded", _host.Run($"Get-ShoreGuardRollback -Name {project.Container} -StatePath '{state}'").ThrowIfFailed().Single().Text("State"));
        HotSwapTests.AssertNothingIsLeftOver(project);

        project.Deploy("0.32.0");
        project.WaitUntil("ready", () => project.Answers("readyz"));
        var result = _host.Run($"{rollBack} -ObservationWindow 00:00:02").ThrowIfFailed().Single();
        Assert.Equal("Held", result.Text("Observation.Outcome"));
        Assert.Equal("0.27.0", result.Text("Observation.Identity.Version"));
        Assert.Equal("Working", result.Text("Gate.Api.Status"));
    }

    // Its gate had passed: what comes after that is told, and is nothing that a rollback goes back and forth for.
    [Fact]
    public void A_rollback_whose_target_dies_while_it_is_watched_has_succeeded_and_says_that_it_did_not_hold()
    {
        using var dying = DerivedImage.Build(
            "0.27.0", "RUN sed -i 's/if BEHAVIOUR == \"dead-background-task\"/if True/' /usr/local/lib/python3*/site-packages/shoreguard/readiness.py");
        using var project = StandInProject.Start("0.32.0");
        var state = Path.Combine(project.Folder, "state");
        var run = _host.Run($"Get-ShoreGuardDeployment -Name {project.Container} | Invoke-ShoreGuardRollback -Image {dying.Name} -Pin None -Force "
            + $"-GateTimeoutSec {project.GatePatience} -StabilitySec 0.3 -ObservationWindow 00:02:00 -StatePath '{state}' -Confirm:$false").ThrowIfFailed();

        var result = run.Single();
        Assert.Equal(("True", "Regressed"), (result.Text("Succeeded"), result.Text("Observation.Outcome")));
        Assert.Contains(run.Warnings, warning => warning.Contains("is dead", StringComparison.Ordinal));
        Assert.Equal(dying.Name, (string?)Docker.Inspect(project.Container)["Config"]!["Image"]);
        var record = _host.Run($"Get-ShoreGuardRollback -Name {project.Container} -StatePath '{state}'").ThrowIfFailed().Single();
        Assert.Equal("Succeeded", record.Text("State"));
        var incident = _host.Run($"Get-ShoreGuardIncident -Name {project.Container} -StatePath '{state}'").ThrowIfFailed().Single();
        Assert.Equal("Regressed", incident.Text("Observation.Outcome"));
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    private IReadOnlyList<PSObject> Watch(StandInProject project, string arguments) =>
        _host.Run($"Get-ShoreGuardDeployment -Name {project.Container} | Watch-ShoreGuardDeployment -IntervalSec 0.5 {arguments}").ThrowIfFailed().Output;

    public void Dispose() => _host.Dispose();
}
