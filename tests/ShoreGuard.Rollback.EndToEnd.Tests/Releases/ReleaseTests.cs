using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Releases;

public sealed class ReleaseTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void The_releases_of_a_deployment_come_newest_first_and_the_running_one_is_marked()
    {
        using var project = StandInProject.Borrow("0.27.0");
        var since = DateTimeOffset.UtcNow;

        var releases = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardRelease").ThrowIfFailed().StandInReleases();

        Assert.Equal(["0.32.1.dev3", "0.31.0", "0.30.0", "0.29.0", "0.28.0", "0.27.0", "0.26.0"], releases.Select(release => release.Text("Version")));
        var running = Assert.Single(releases, release => (bool)release.At("IsRunning")!);
        Assert.Equal(["0.27.0", "0.27", "sha-27d0c5a"], running.Texts("Tags"));
        Assert.Equal(("27d0c5a1e94f38b6720d1c5eaf83b40967e2d15c", project.Container), (running.Text("GitSha"), running.Text("Deployment.Name")));
        Assert.Equal(new DateTime(2026, 3, 16, 9, 0, 0, DateTimeKind.Utc), running.At("BuildTime.UtcDateTime"));
        Assert.Equal($"{Stack.Repository}:0.27.0@{running.Text("Digest")}", running.Text("Image"));
        Assert.Contains(
            running.Text("Digest")!, Docker.Run("image", "inspect", "--format", "{{.RepoDigests}}", $"{Stack.Repository}:0.27.0"), StringComparison.Ordinal);
        Assert.True((bool)running.At("IsLocal")! && (bool)running.At("IsPublished")!);
        Assert.True((long)running.At("Size")! > 1_000_000);
        Assert.DoesNotContain(Docker.EventsSince(since), line => line.StartsWith($"image pull {Stack.Repository}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-Version 0.2*", "0.29.0 0.28.0 0.27.0 0.26.0")]
    [InlineData("-Version v0.27.0", "0.27.0")]
    [InlineData("-Version 0.27.0, 0.26.0", "0.27.0 0.26.0")]
    [InlineData("-Version latest", "0.32.1.dev3")]
    [InlineData("-Version nothing*", "")]
    [InlineData("-GitSha 27d0", "0.27.0")]
    [InlineData("-GitSha sha-27d0c5a", "0.27.0")]
    [InlineData("-GitSha 27d0c5a1e94f38b6720d1c5eaf83b40967e2d15c", "0.27.0")]
    [InlineData("-GitSha dec0de5", "0.32.1.dev3")]
    [InlineData("-GitSha 2*", "0.29.0 0.28.0 0.27.0 0.26.0")]
    public void Releases_are_chosen_by_version_commit_and_place(string arguments, string expected)
    {
        var releases = _host.Run($"Get-ShoreGuardRelease {Stack.Repository} {arguments}").ThrowIfFailed().StandInReleases();
        Assert.Equal(expected, string.Join(' ', releases.Select(release => release.Text("Version"))));
    }

    [Fact]
    public void The_newest_come_first_and_alone()
    {
        // Nobody publishes anything newer in this one.
        using var own = new OwnRepository();
        foreach (var release in (string[])["0.26.0", "0.27.0", "0.32.0"])
            own.Push(release, release);
        string Chosen(string arguments) =>
            string.Join(' ', _host.Run($"Get-ShoreGuardRelease {own.Name} {arguments}").ThrowIfFailed().Output.Select(release => release.Text("Version")));

        Assert.Equal("0.32.1.dev3 0.27.0", Chosen("-First 2"));
        Assert.Equal("0.32.1.dev3", Chosen("-Latest"));
        Assert.Equal("0.27.0", Chosen("-Latest -Version 0.2*"));
    }

    [Fact]
    public async Task The_release_before_goes_on_into_the_rollback()
    {
        using var project = StandInProject.Start("0.27.0");
        // A release of the stand-in that starts on a database of 0.27.0 has to be newer than it: forward, and back again.
        project.Deploy("0.32.0");
        project.WaitUntil("at 0.32.0", () => project.AnsweringVersion is not null and not "0.27.0");
        var (releases, state) = ($"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardRelease", $"-StatePath '{project.Folder}/state'");
        var run = _host.Run($"{releases} -Previous {state}").ThrowIfFailed();
        Assert.Equal("0.31.0", run.Single().Text("Version"));
        Assert.Contains("0.31.0 (31a7e05) is not known to be good", Assert.Single(run.Warnings), StringComparison.Ordinal);
        _host.Run($"{releases} -Version 0.26.0 {state} | Set-ShoreGuardKnownGood {state}").ThrowIfFailed();
        Assert.Equal("0.26.0", _host.Run($"{releases} -Previous {state}").ThrowIfFailed().Single().Text("Version"));

        var result = _host.Run($"{releases} -Version 0.27.0 {state} | Invoke-ShoreGuardImageRollback -StabilitySec 0.3 -Confirm:$false {state}")
            .ThrowIfFailed().Single();

        Assert.True((bool)result.At("Succeeded")!);
        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.Contains("SHOREGUARD_VERSION=0.27.0@sha256:", File.ReadAllText(project.EnvFile), StringComparison.Ordinal);
        // What held is known to be good, and next time it is the one to go back to.
        project.Deploy("0.32.0");
        run = _host.Run($"{releases} -Previous {state}").ThrowIfFailed();
        Assert.Equal("0.27.0", run.Single().Text("Version"));
        Assert.Contains("stayed ready for 300 ms", run.Single().Text("KnownGood.Reason"), StringComparison.Ordinal);
        Assert.Empty(run.Warnings);
        var (plan, _) = await Pwsh.Run(
            Pwsh.StartWithModule($"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 {state} -WhatIf"));
        Assert.Matches(@"the expected outage is about [\d.]+ m?s \(measured the last time\)", plan.ReplaceLineEndings(" "));
    }

    [Fact]
    public void Short_digits_of_a_commit_are_enough_for_a_rollback_and_ambiguous_ones_are_refused()
    {
        using var project = StandInProject.Start("0.27.0");
        project.Deploy("0.32.0");
        Assert.True((bool)_host.RollBack(project, "-GitSha 27d0").ThrowIfFailed().Single().At("Succeeded")!);
        Assert.Equal("0.27.0", project.AnsweringVersion);

        using var own = new OwnRepository();
        own.Push("0.26.0", "sha-26c0ffe");
        own.Push("0.27.0", "sha-26c0abc");
        own.Push("0.28.0", "0.28.0");
        var container = own.Run("0.28.0");
        var error = _host.Run($"Get-ShoreGuardDeployment -Name {container} | Invoke-ShoreGuardImageRollback -GitSha 26c0 -Confirm:$false")
            .Error("GitShaAmbiguous", ErrorCategory.InvalidArgument);
        Assert.Contains("26c0abc, 26c0ffe", error.ToString(), StringComparison.Ordinal);
        _host.Run($"Get-ShoreGuardRelease {own.Name} -GitSha 26c0").Error("GitShaAmbiguous", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void What_is_only_here_is_listed_too_and_where_everything_is()
    {
        using var own = new OwnRepository();
        own.Push("0.26.0", "0.26.0");
        own.Push("0.27.0", "0.27.0");
        own.Push("0.27.0", "sha-27d0c5a");
        own.Tag($"{Stack.Repository}:0.26.0", "mine");
        own.Forget("0.26.0");
        own.Forget("mine");
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.28.0");
        own.Tag($"{Stack.Repository}:0.28.0", "0.28.0");

        var releases = _host.Run($"Get-ShoreGuardRelease {own.Name}").ThrowIfFailed().Output;

        Assert.Equal(["0.28.0 False True", "0.27.0 True True", "0.26.0 True False"],
            releases.Select(release => $"{release.Text("Version")} {release.At("IsPublished")} {release.At("IsLocal")}"));
        Assert.Equal([$"{own.Name}:0.28.0", null], [releases[0].Text("Image"), releases[0].Text("Digest")]);
    }

    [Fact]
    public void Without_a_registry_what_is_here_is_listed_with_a_warning()
    {
        _ = Stack.Repository;
        var image = $"127.0.0.1:{StandInProject.FreePort()}/shoreguard";
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.27.0");
        Docker.Run("tag", $"{Stack.Repository}:0.27.0", $"{image}:0.27.0");
        try
        {
            var run = _host.Run($"Get-ShoreGuardRelease {image}").ThrowIfFailed();
            Assert.Equal(("0.27.0", false), (run.Single().Text("Version"), run.Single().At("IsPublished")));
            Assert.Contains("Only the images on the engine are listed", Assert.Single(run.Warnings), StringComparison.Ordinal);
        }
        finally
        {
            Docker.Run("image", "rm", $"{image}:0.27.0");
        }
        _host.Run($"Get-ShoreGuardRelease {image}").Error("RegistryUnreachable", ErrorCategory.ConnectionError);
    }

    [Fact]
    public void Without_an_engine_the_registry_is_listed_with_a_warning()
    {
        var run = _host.Run($"Get-ShoreGuardRelease {Stack.Repository} -DockerHost tcp://127.0.0.1:{StandInProject.FreePort()} -Version 0.27.0")
            .ThrowIfFailed();
        var release = Assert.Single(run.StandInReleases());
        Assert.Equal(("0.27.0", false), (release.Text("Version"), release.At("IsLocal")));
        Assert.Contains("Cannot determine which images are on the engine", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_is_an_error_that_says_what_is()
    {
        // Of one with many more, the newest are named.
        using var own = new OwnRepository();
        own.Push("0.31.0", "0.31.0");
        foreach (var arguments in (string[])["-Version 9.9.9", "-GitSha ffff"])
            Assert.Contains("0.31.0 (31a7e05)",
                _host.Run($"Get-ShoreGuardRelease {own.Name} {arguments}").Error("ReleaseNotFound", ErrorCategory.ObjectNotFound).ToString(),
                StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_that_nobody_has_and_a_name_that_is_none_are_errors()
    {
        _host.Run($"Get-ShoreGuardRelease {Stack.Repository}-nobody").Error("NoReleases", ErrorCategory.ObjectNotFound);
        _host.Run($"Get-ShoreGuardRelease {Stack.Repository}:0.27.0").Error("RepositoryInvalid", ErrorCategory.InvalidArgument);
        using var project = StandInProject.Borrow("0.26.0");
        var error = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardRelease -Previous")
            .Error("NoPreviousRelease", ErrorCategory.ObjectNotFound);
        Assert.Contains("before 0.26.0", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_commits_images_and_projects_are_completed_in_the_quotes_that_were_typed()
    {
        using var project = StandInProject.Borrow("0.27.0");
        string Completed(string typed) => string.Join(' ', _host.Complete(typed));

        Assert.StartsWith("0.32.0 0.31.0 0.30.0 0.29.0", Completed($"Get-ShoreGuardRelease {Stack.Repository} -Version 0."), StringComparison.Ordinal);
        Assert.Equal("'0.31.0'", Completed($"Get-ShoreGuardRelease {Stack.Repository} -Version '0.31"));
        Assert.Equal("27d0c5a", Completed("Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -GitSha 27"));
        Assert.Equal($"{Stack.Repository}:0.31.0 {Stack.Repository}:0.31",
            Completed($"Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Image {Stack.Repository}:0.31"));
        Assert.Equal(project.Name, Completed($"Get-ShoreGuardDeployment -Project {project.Name[..^2]}"));
        Assert.Equal(project.Container, Completed($"Get-ShoreGuardDeployment {project.Name}"));
        Assert.Equal("", Completed($"Get-ShoreGuardRelease 127.0.0.1:{StandInProject.FreePort()}/nobody -Version 0"));
    }

    [Fact]
    public void Targets_are_completed_for_the_deployment_in_the_pipeline_without_what_is_blocked()
    {
        using var project = StandInProject.Start("0.27.0");
        using var own = new OwnRepository();
        var state = Path.Combine(project.Folder, "state");
        own.Push("0.26.0", "0.26.0");
        own.Push("0.27.0", "0.27.0");
        own.Push("0.28.0", "0.28.0");
        var container = own.Run("0.28.0");
        var other = _host.Complete($"Get-ShoreGuardDeployment {project.Container} | Invoke-ShoreGuardRollback -Version ");

        Assert.Contains("0.31.0", other);
        Assert.Equal(["0.28.0", "0.27.0", "0.26.0"], _host.Complete($"Get-ShoreGuardDeployment {container} | Invoke-ShoreGuardRollback -Version "));
        Assert.Equal(["0.28.0", "0.27.0", "0.26.0"], _host.Complete($"Get-ShoreGuardDeployment -Name '{container}' | Where-Object {{ $_.IsRunning }} | "
            + "Get-ShoreGuardRollbackPlan "));
        _host.Run($"Get-ShoreGuardRelease {own.Name} -Version 0.27.0 | Block-ShoreGuardImage -Reason 'a test' -StatePath '{state}'").ThrowIfFailed();
        Assert.Equal(["0.28.0", "0.26.0"], _host.Complete($"Get-ShoreGuardDeployment {container} | Invoke-ShoreGuardRollback -StatePath '{state}' -Version "));
        _host.Run($"$global:chosen = Get-ShoreGuardDeployment {container}; $global:wrapped = @($global:chosen)").ThrowIfFailed();
        foreach (var variable in new[] { "$chosen", "$global:wrapped" })
            Assert.Equal(["0.28.0", "0.27.0", "0.26.0"], _host.Complete($"{variable} | Invoke-ShoreGuardRollback -Version "));
        Assert.Empty(_host.Complete("$nothing | Invoke-ShoreGuardRollback -Version "));
        // Which engine that is would have to be run to know.
        Assert.Empty(_host.Complete("Get-ShoreGuardDeployment -DockerHost (throw 'run') | Invoke-ShoreGuardRollback -Version "));
    }

    public void Dispose() => _host.Dispose();
}
