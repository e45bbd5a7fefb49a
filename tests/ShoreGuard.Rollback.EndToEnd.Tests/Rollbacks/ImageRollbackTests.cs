using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Every stand-in release, as the build that runs or as the one to go back to.</summary>
public sealed class ImageRollbackTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Theory]
    [InlineData("0.30.0")]
    [FullData("0.31.0")]
    [InlineData("0.32.0")]
    public void A_release_with_the_same_schema_goes_back_and_stays_there(string bad)
    {
        using var project = StandInProject.Start("0.27.0");
        project.AddGateway("gw1");
        project.Deploy(bad);

        var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

        Assert.True((bool)result.At("Succeeded")!);
        Assert.Equal("0.27.0", result.Text("After.Version"));
        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.Equal(1, project.GatewayCount);
        Assert.True((TimeSpan)result.At("Outage.Duration")! > TimeSpan.Zero);
        Assert.All(result.List("Steps"), step => Assert.Equal("Done", step.Text("Outcome")));
        AssertPinned(project, result);
        AssertComposeLeavesItAlone(project);
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void A_newer_release_that_changed_the_schema_is_not_even_stopped_for_the_image_alone()
    {
        using var project = StandInProject.Start("0.27.0");
        foreach (var (newer, head) in (ReadOnlySpan<(string, string)>)[("0.28.0", "017"), ("0.29.0", "018")])
        {
            project.Deploy(newer);
            project.WaitUntil("migrated", () => project.AnsweringVersion == newer && project.Answers("healthz"));
            var error = RefusedAlikeByPlanAndRun(project, "-Version 0.27.0", "TargetSchemaUnfit", ErrorCategory.InvalidOperation);
            Assert.Contains($"does not know revision {head}", error.ToString(), StringComparison.Ordinal);
            Assert.Contains("Invoke-ShoreGuardRollback", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("0.30.0", "not ready within ")]
    [InlineData("0.31.0", "exit code 1")]
    public void A_target_that_fails_its_gate_is_taken_away_again(string target, string reason)
    {
        using var project = StandInProject.Start("0.27.0");
        project.AddGateway("gw1");
        var before = Docker.Inspect(project.Container);

        var run = _host.RollBack(project, $"-Version {target}");

        run.Error("GateRefused", ErrorCategory.InvalidResult);
        Assert.Contains(reason, run.Single().Text("Reason"), StringComparison.Ordinal);
        Assert.Equal("0.27.0", run.Single().Text("After.Version"));
        Assert.NotEmpty(run.Single().List("Gate.Log"));
        AssertTheOldOneIsBack(project, before, "0.27.0");
        Assert.Equal(1, project.GatewayCount);
    }

    [Fact]
    public void What_the_run_refuses_is_refused_by_WhatIf_in_the_same_words()
    {
        using var project = StandInProject.Borrow("0.27.0");
        var mismatch = RefusedAlikeByPlanAndRun(project, "-Version 0.32.0", "ImageIdentityMismatch", ErrorCategory.InvalidData);
        Assert.Contains("0.32.1.dev3", mismatch.ToString(), StringComparison.Ordinal);
        // There is no way back from a schema that the running image does not know.
        var forward = RefusedAlikeByPlanAndRun(project, "-Version 0.28.0", "TargetMigratesForward", ErrorCategory.InvalidOperation);
        Assert.Contains("017", forward.ToString(), StringComparison.Ordinal);
        RefusedAlikeByPlanAndRun(project, "-Version 0.26.0", "TargetSchemaUnfit", ErrorCategory.InvalidOperation);
        RefusedAlikeByPlanAndRun(project, "-Version 0.26.9", "ImageNotFound", ErrorCategory.ObjectNotFound);
        RefusedAlikeByPlanAndRun(project, "-Version 0.26.0 -StatePath /dev/null/state", "StateNotWritable", ErrorCategory.WriteError);
    }

    private ErrorRecord RefusedAlikeByPlanAndRun(StandInProject project, string arguments, string id, ErrorCategory category)
    {
        var before = Docker.Inspect(project.Container);
        var (planned, run) = (_host.RollBack(project, $"{arguments} -WhatIf"), _host.RollBack(project, arguments));
        Assert.Empty(planned.Output);
        Assert.Empty(run.Output);
        Assert.Equal($"{run.Error(id, category)}", $"{planned.Error(id, category)}");
        AssertUntouched(project, before);
        return run.Errors[0];
    }

    [Theory]
    [InlineData("-GitSha 27d0c5a")]
    [FullData("-GitSha sha-27d0c5a")]
    [FullData("-GitSha 27d0c5a1e94f38b6720d1c5eaf83b40967e2d15c")]
    [FullData("-Image REPOSITORY:0.27.0")]
    [InlineData("-Image REPOSITORY@DIGEST")]
    public void A_target_is_found_by_commit_by_reference_and_by_digest(string target)
    {
        using var project = StandInProject.Start("0.32.0");
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.27.0");
        var digest = Docker.Run("image", "inspect", $"{Stack.Repository}:0.27.0", "--format", "{{index .RepoDigests 0}}").Trim().Split('@')[1];
        target = target.Replace("REPOSITORY", Stack.Repository, StringComparison.Ordinal).Replace("DIGEST", digest, StringComparison.Ordinal);

        var result = _host.RollBack(project, target).ThrowIfFailed().Single();

        Assert.Equal("0.27.0", result.Text("After.Version"));
        Assert.Equal(digest, result.Text("Digest"));
    }

    [Fact]
    public void A_stopped_container_is_taken_as_well()
    {
        using var project = StandInProject.Start("0.32.0");
        project.Compose("stop", "shoreguard");

        var result = _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed().Single();

        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.DoesNotContain("Stop the old container", result.List("Steps").Select(step => step.Text("Name")));
        AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void A_stopped_container_stays_stopped_when_the_target_fails()
    {
        using var project = StandInProject.Start("0.27.0");
        project.Compose("stop", "shoreguard");

        _host.RollBack(project, "-Version 0.31.0").Error("GateRefused", ErrorCategory.InvalidResult);

        Assert.Equal("exited", (string?)Docker.Inspect(project.Container)["State"]!["Status"]);
        AssertNothingIsLeftOver(project);
    }

    // In a restart loop the engine says "restarting" most of the time: the port is free then, and taken again a second later.
    [Theory]
    [InlineData("0.27.0", true)]
    [InlineData("0.30.0", false)]
    public void A_container_between_two_starts_of_a_restart_loop_is_stopped_like_one_that_runs(string target, bool holds)
    {
        using var project = StandInProject.Start("0.27.0");
        project.AddGateway("gw1");
        project.Deploy("0.31.0");
        project.WaitUntil("between two late starts", () =>
            Docker.Inspect(project.Container) is var it && (string?)it["State"]!["Status"] == "restarting" && (int)it["RestartCount"]! > 4);
        var before = Docker.Inspect(project.Container);

        var run = _host.RollBack(project, $"-Version {target}");

        var result = run.Single();
        Assert.Equal((holds, !holds), ((bool)result.At("Succeeded")!, (bool)result.At("Reverted")!));
        Assert.Contains("Stop the old container", result.List("Steps").Select(step => step.Text("Name")));
        AssertNothingIsLeftOver(project);
        if (holds)
        {
            Assert.Equal(("0.27.0", 1), (project.AnsweringVersion, project.GatewayCount));
            return;
        }
        Assert.Equal((string)before["Id"]!, (string)Docker.Inspect(project.Container)["Id"]!);
        project.WaitUntil("in its loop again", () => (int)Docker.Inspect(project.Container)["RestartCount"]! > 0);
    }

    [Fact]
    public void A_paused_container_is_refused_before_anything_happens()
    {
        using var project = StandInProject.Start("0.27.0");
        Docker.Run("pause", project.Container);
        var before = Docker.Inspect(project.Container);

        Assert.Contains("docker unpause",
            _host.RollBack(project, "-Version 0.26.0").Error("ContainerPaused", ErrorCategory.InvalidOperation).ErrorDetails.RecommendedAction,
            StringComparison.Ordinal);

        Assert.Equal(before.ToJsonString(), Docker.Inspect(project.Container).ToJsonString());
    }

    [Fact]
    public void A_container_that_compose_did_not_make_goes_back_too_and_is_told_that_nothing_is_pinned()
    {
        _ = Stack.Repository;
        var name = $"sgtest-plain-{Guid.NewGuid().ToString("n")[..8]}";
        Docker.Run("run", "--detach", "--name", name, "--publish", "127.0.0.1::8888", $"{Stack.Repository}:0.32.0");
        try
        {
            Docker.WaitUntilLive(name);
            var result = _host.Run(
                "Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0.3 -Force -Confirm:$false", name)
                .ThrowIfFailed().Single();
            Assert.Equal("0.27.0", result.Text("After.Version"));
            Assert.Null(result.At("Pin"));
            // Beside other tests, the number that the engine chose may be somebody else's by then.
            Assert.Collection(result.Texts("Warnings")
                .Where(warning => !warning.StartsWith("The engine chose another host port", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
                warning => Assert.Contains("is in the container itself, not on a volume", warning, StringComparison.Ordinal),
                warning => Assert.Contains("not pinned", warning, StringComparison.Ordinal));
        }
        finally
        {
            Docker.Remove(name);
        }
    }

    [Fact]
    public void A_database_in_the_container_itself_is_not_lost_with_it_unless_that_is_wanted()
    {
        _ = Stack.Repository;
        var name = $"sgtest-layer-{Guid.NewGuid().ToString("n")[..8]}";
        Docker.Run("run", "--detach", "--name", name, $"{Stack.Repository}:0.32.0");
        try
        {
            Docker.WaitUntilLive(name);
            var before = Docker.Inspect(name);
            foreach (var unattended in (string[])["-WhatIf", "-Confirm:$false"])
            {
                var error = _host.Run($"Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 {unattended}", name)
                    .Error("DatabaseInsideContainer", ErrorCategory.InvalidOperation);
                Assert.Contains("Backup-ShoreGuardDatabase", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            }
            Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(name)["Id"]);
            Assert.Equal((string?)before["State"]!["StartedAt"], (string?)Docker.Inspect(name)["State"]!["StartedAt"]);
        }
        finally
        {
            Docker.Remove(name);
        }
    }

    [Theory]
    [InlineData("= 2", true)]
    [InlineData("-ge 2", false)]
    public void What_was_put_back_and_does_not_answer_is_started_once_more(string silentStarts, bool answersThen)
    {
        _ = Stack.Repository;
        var name = $"sgtest-silent-{Guid.NewGuid().ToString("n")[..8]}";
        // Counts the starts of the old build, and at some of them does nothing.
        var start = $"[ $SHOREGUARD_VERSION = 0.31.0 ] && exec shoreguard; echo >>/starts/all; [ $(wc -l </starts/all) {silentStarts} ] && exec sleep 600; "
            + "exec shoreguard";
        Docker.Run("run", "--detach", "--name", name, "--init", "--user", "0", "--publish", "127.0.0.1::8888", "--volume", $"{name}:/starts", "--entrypoint",
            "sh", $"{Stack.Repository}:0.32.0", "-c", start);
        try
        {
            Docker.WaitUntilLive(name);
            var id = (string?)Docker.Inspect(name)["Id"];
            var run = _host.Run(
                "Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.31.0 -GateTimeoutSec 15 -Force -Confirm:$false", name);
            run.Error(answersThen ? "GateRefused" : "UndoFailed", ErrorCategory.InvalidResult);
            Assert.Equal(id, (string?)Docker.Inspect(name)["Id"]);
            Assert.Equal("3", Docker.Exec(name, "sh", "-c", "wc -l </starts/all").Trim());
            if (answersThen)
                Docker.WaitUntilLive(name);
            else
                _host.Run("Get-ShoreGuardRollback -Name $args[0] -Unfinished | Close-ShoreGuardRollback -Confirm:$false", name).ThrowIfFailed().Single();
        }
        finally
        {
            Docker.Remove(name);
            Docker.Run("volume", "rm", name);
        }
    }

    [Fact]
    public void What_if_makes_no_change_at_all()
    {
        using var project = StandInProject.Borrow("0.32.0");
        var (before, pins, since) = (Docker.Inspect(project.Container), File.ReadAllText(project.EnvFile), DateTimeOffset.UtcNow);

        var run = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -WhatIf").ThrowIfFailed();

        Assert.Empty(run.Output);
        AssertUntouched(project, before);
        Assert.Equal(pins, File.ReadAllText(project.EnvFile));
        Assert.DoesNotContain(Docker.EventsSince(since), line =>
            line.Contains(project.Name, StringComparison.Ordinal) || line.StartsWith($"image pull {Stack.Repository}", StringComparison.Ordinal));
    }

    [Fact]
    public void Ctrl_C_at_the_gate_puts_the_old_one_back()
    {
        using var project = StandInProject.Start("0.27.0");
        var before = Docker.Inspect(project.Container);

        _host.RunAndStop(
            $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.30.0 -GateTimeoutSec 60 -Confirm:$false",
            () => project.WaitUntil("at the gate", () => project.AnsweringVersion == "0.30.0"));

        project.WaitUntil("back", () => project.AnsweringVersion == "0.27.0");
        AssertTheOldOneIsBack(project, before, "0.27.0");
    }

    private static void AssertPinned(StandInProject project, PSObject result)
    {
        var lines = File.ReadAllLines(project.EnvFile);
        Assert.Equal("# deployed by a test", lines[0]);
        Assert.Equal($"SHOREGUARD_VERSION=0.27.0@{result.Text("Digest")}   # the release", lines[2]);
        Assert.Equal($"SHOREGUARD_PORT={project.Port}", lines[3]);
        Assert.Empty(Directory.GetFiles(project.Folder, "*.tmp"));
    }

    private static void AssertComposeLeavesItAlone(StandInProject project)
    {
        var before = Docker.Inspect(project.Container);
        project.Up();
        AssertUntouched(project, before);
    }

    private static void AssertTheOldOneIsBack(StandInProject project, System.Text.Json.Nodes.JsonObject before, string version)
    {
        var now = Docker.Inspect(project.Container);
        Assert.Equal((string?)before["Id"], (string?)now["Id"]);
        Assert.Equal("running", (string?)now["State"]!["Status"]);
        Assert.Equal(version, project.AnsweringVersion);
        Assert.Contains($"SHOREGUARD_VERSION={version}   # the release", File.ReadAllText(project.EnvFile), StringComparison.Ordinal);
        AssertNothingIsLeftOver(project);
    }

    private static void AssertUntouched(StandInProject project, System.Text.Json.Nodes.JsonObject before)
    {
        var now = Docker.Inspect(project.Container);
        Assert.Equal((string?)before["Id"], (string?)now["Id"]);
        Assert.Equal((string?)before["State"]!["StartedAt"], (string?)now["State"]!["StartedAt"]);
        AssertNothingIsLeftOver(project);
    }

    private static void AssertNothingIsLeftOver(StandInProject project)
    {
        Assert.Equal([project.Container], Docker.Names($"name={project.Name}"));
        Assert.Empty(Directory.GetFiles(project.Folder, "*.tmp"));
    }

    public void Dispose() => _host.Dispose();
}
