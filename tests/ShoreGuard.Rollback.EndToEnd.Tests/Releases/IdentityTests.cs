using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Releases;

public sealed class IdentityTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void What_runs_as_it_was_published_matches_and_what_was_expected_does_or_does_not()
    {
        using var project = StandInProject.Borrow("0.27.0");
        var report = Test(project, "");
        Assert.Equal(("Match", false), (report.Text("Verdict"), report.At("TagMoved")));
        Assert.Equal(["0.27.0 (27d0c5a)", "0.27.0 (27d0c5a)", "0.27.0 (27d0c5a)"], [report.Text("Answered"), report.Text("Running"), report.Text("Published")]);

        Assert.Equal("Match", Test(project, "-ExpectedVersion 0.27.0 -ExpectedGitSha 27d0c5a -ExpectedBuildTime 2026-03-16T09:00:00Z").Text("Verdict"));
        var wrong = Test(project, "-ExpectedGitSha a1b2c3d");
        Assert.Equal("Mismatch", wrong.Text("Verdict"));
        Assert.Contains("The pipeline is wrong, not the code; rolling back will reproduce it", wrong.Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal("git_sha a1b2c3d 27d0c5a1e94f38b6720d1c5eaf83b40967e2d15c", First(wrong, "Field", "Expected", "Actual"));
        Assert.Equal(["True", "False", "True"],
            _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Test-ShoreGuardIdentity -Quiet; Test-ShoreGuardIdentity {project.Uri} "
            + $"-ExpectedVersion 0.26.0 -Quiet; Test-ShoreGuardIdentity {project.Uri} -Image {Stack.Repository}:0.27.0 -Quiet").ThrowIfFailed().Texts);
    }

    [Fact]
    public void A_pipeline_that_published_another_build_under_the_tag_is_found_out()
    {
        using var project = StandInProject.Borrow("0.32.0");
        var report = Test(project, "");
        Assert.Equal("Mismatch", report.Text("Verdict"));
        Assert.Equal("version 0.32.0 0.32.1.dev3", First(report, "Field", "Expected", "Actual"));
        Assert.Equal(false, report.At("TagMoved"));
    }

    [Fact]
    public void A_tag_that_was_pushed_again_and_a_variable_that_lies_are_found_out()
    {
        using var own = new OwnRepository();
        own.Push("0.27.0", "0.27.0");
        var container = own.Run("0.27.0", "--env", "SHOREGUARD_GIT_SHA=ffffffffffffffffffffffffffffffffffffffff");
        WaitUntilItAnswers(container);
        Assert.Equal(
            "git_sha 27d0c5a1e94f38b6720d1c5eaf83b40967e2d15c ffffffffffffffffffffffffffffffffffffffff", First(Test(container), "Field", "Expected", "Actual"));

        own.Push("0.26.0", "0.27.0");
        var moved = Test(container);
        Assert.Equal(("Mismatch", true, "0.26.0"), (moved.Text("Verdict"), moved.At("TagMoved"), moved.Text("Published.Version")));
        Assert.NotEqual(moved.Text("RunningDigest"), moved.Text("PublishedDigest"));
    }

    [Fact]
    public void What_cannot_be_asked_is_said_and_is_no_match()
    {
        using var project = StandInProject.Start("0.27.0");
        project.Compose("stop");
        var stopped = Test(project, "");
        Assert.Equal("Inconclusive", stopped.Text("Verdict"));
        Assert.Contains("the container does not run", stopped.Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal("0.27.0", stopped.Text("Published.Version"));

        var nowhere = $"127.0.0.1:{StandInProject.FreePort()}";
        var unreachable = Test(project, $"-Uri http://{nowhere} -Image {nowhere}/shoreguard:0.27.0");
        Assert.Equal(("Inconclusive", null), (unreachable.Text("Verdict"), unreachable.At("TagMoved")));
        Assert.Contains("Connection refused", unreachable.Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal("False", _host.Run($"Test-ShoreGuardIdentity http://{nowhere} -ExpectedVersion 0.27.0 -Quiet").ThrowIfFailed().Texts.Single());
        _host.Run($"Test-ShoreGuardIdentity http://{nowhere}").Error("ExpectationMissing", ErrorCategory.InvalidArgument);
    }

    private PSObject Test(StandInProject project, string arguments) =>
        _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Test-ShoreGuardIdentity {arguments}").ThrowIfFailed().Single();

    private PSObject Test(string container) => _host.Run($"Get-ShoreGuardDeployment -Name {container} | Test-ShoreGuardIdentity").ThrowIfFailed().Single();

    private void WaitUntilItAnswers(string container)
    {
        for (var i = 0; _host.Run($"Get-ShoreGuardDeployment -Name {container} | Get-ShoreGuardVersion").Errors.Count > 0; i++)
        {
            Assert.True(i < 100, "It does not answer.");
            Thread.Sleep(200);
        }
    }

    private static string First(PSObject report, params string[] properties)
    {
        var difference = report.List("Differences")[0];
        return string.Join(' ', properties.Select(difference.Text));
    }

    public void Dispose() => _host.Dispose();
}
