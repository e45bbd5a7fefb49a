using System.Management.Automation;
using ShoreGuard.Rollback.EndToEnd.Tests.Schema;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Plans that are run, or refused because they do not hold any more, and what is left when one is stopped, refused by the gate, or undone.</summary>
public sealed class RollbackTests : IDisposable
{
    private const string Target = "0.27.0";

    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public void A_plan_is_run_as_it_is_and_once()
    {
        using var made = RollbackCase.Make(_module, Target, "0.29.0", "sqlite");
        // A target that does not hold its gate: the plan has been run, and everything is as it was.
        var before = made.Rows(_module);
        _module.Run($"$global:plan = {made.Planning($"-Image {Stack.Repository}:0.28.0", RollbackCase.LongGate)}").ThrowIfFailed();
        // Saved by one shift, and run by the next.
        var saved = Path.Combine(made.Project.Folder, "plan.clixml");
        _module.Run("$global:plan | Export-Clixml $args[0]", saved).ThrowIfFailed();
        using var other = new ModuleHost();
        var first = other.Run($"Import-Clixml $args[0] | Invoke-ShoreGuardRollback -StatePath '{made.State}' -Confirm:$false", saved);
        first.Error("GateRefused", ErrorCategory.InvalidResult);
        Assert.Equal(_module.Run("$global:plan.Id").Texts[0], first.Single().Text("Id"));
        Assert.Equal(before, made.Rows(_module));
        Assert.Equal("", made.LeftOvers());

        _module.Run($"$global:plan | Invoke-ShoreGuardRollback -StatePath '{made.State}' -Confirm:$false")
            .Error("PlanAlreadyRun", ErrorCategory.ResourceExists);
        var record = _module.Run($"Get-ShoreGuardRollback -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Single();
        Assert.Equal(("Reverted", "Restore"), (record.Text("State"), record.Text("Strategy")));
        Assert.Contains("Undo: ", string.Join(' ', record.List("Steps").Select(step => step.Text("Name"))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_that_does_not_hold_any_more_is_refused_with_what_has_changed()
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", "sqlite");
        _module.Run($"$global:plan = {made.Planning($"-Version {Target}")}").ThrowIfFailed();
        var run = $"$global:plan | Invoke-ShoreGuardRollback -StatePath '{made.State}' -Confirm:$false";

        made.Project.Compose("up", "--detach", "--force-recreate");
        made.Project.WaitUntil("live", () => made.Project.AnsweringVersion == "0.28.0");
        var before = made.Fingerprint(_module);
        var stale = _module.Run(run).Error("PlanStale", ErrorCategory.InvalidOperation);
        Assert.Contains("container was", stale.ToString(), StringComparison.Ordinal);

        _module.Run("$global:edited = $global:plan.psobject.BaseObject; $global:edited.GetType().GetProperty('Image').SetValue($global:edited, 'else')")
            .ThrowIfFailed();
        _module.Run(run).Error("PlanEdited", ErrorCategory.InvalidData);
        _module.Run("$global:edited.GetType().GetProperty('Machine').SetValue($global:edited, 'another')").ThrowIfFailed();
        _module.Run(run).Error("PlanForeign", ErrorCategory.InvalidArgument);
        Assert.Equal(before, made.Fingerprint(_module));
    }

    [Fact]
    public void A_plan_whose_symptom_is_gone_is_not_run()
    {
        using var made = RollbackCase.Make(_module, "0.26.0", Target, "sqlite");
        Docker.Run("kill", "--signal", "STOP", made.Project.Container);
        _module.Run($"$global:plan = {made.Planning("-Version 0.26.0")}").ThrowIfFailed();
        Assert.Equal(["Unreachable True"], _module.Run("\"$($global:plan.Health.Status) $($global:plan.CanRun)\"").Texts);
        Docker.Run("kill", "--signal", "CONT", made.Project.Container);
        made.Project.WaitUntil("ready", () => made.Project.Answers("readyz"));
        var before = made.Fingerprint(_module);
        var run = _module.Run($"$global:plan | Invoke-ShoreGuardRollback -StatePath '{made.State}' -Confirm:$false");
        Assert.Contains("The symptom is gone", run.Error("SymptomGone", ErrorCategory.InvalidOperation).ToString(), StringComparison.Ordinal);
        Assert.Equal(before, made.Fingerprint(_module));
    }

    [Fact]
    public async Task Two_at_once_are_one_too_many()
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", "sqlite");
        var other = Task.Run(() =>
        {
            using var module = new ModuleHost();
            return module.Run(made.Command($"-Version {Target}"));
        }, TestContext.Current.CancellationToken);
        made.Project.WaitUntil("under way",
            () => _module.Run($"Get-ShoreGuardRollback -Name '{made.Project.Container}' -StatePath '{made.State}'").Output is [var record]
            && record.Text("State") == "UnderWay");
        var refused = _module.Run(made.Command($"-Version {Target}"));
        refused.Error("RollbackInProgress", ErrorCategory.ResourceBusy);
        Assert.Equal("True", (await other).ThrowIfFailed().Single().Text("Succeeded"));
        Assert.Equal(("016", Target), (made.Rows(_module)[..3], made.Project.AnsweringVersion));
    }

    [Theory]
    [InlineData("0.28.0", "Downgrade 017")]
    [FullData("0.29.0", "Start the new container")]
    public void Ctrl_C_puts_everything_back(string newer, string step)
    {
        using var made = RollbackCase.Make(_module, Target, newer, "sqlite");
        var before = made.Rows(_module);
        var container = (string?)Docker.Inspect(made.Project.Container)["Id"];
        Assert.Null(_module.RunAndStopAt(made.Command($"-Version {Target}"), step));
        Assert.Equal((container, before, ""), ((string?)Docker.Inspect(made.Project.Container)["Id"], made.Rows(_module), made.LeftOvers()));
        made.Project.WaitUntil("live again", () => made.Project.AnsweringVersion == newer);
        Assert.Equal("Reverted",
            _module.Run($"Get-ShoreGuardRollback -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Single().Text("State"));
    }

    [Theory]
    [FullData("sqlite", "0.28.0")]
    [InlineData("postgres", "0.29.0")]
    [FullData("sqlite", "0.30.0")]
    public void One_that_has_succeeded_can_be_undone(string database, string newer)
    {
        using var made = RollbackCase.Make(_module, Target, newer, database);
        var before = made.Rows(_module);
        var done = _module.Run(made.Command($"-Version {Target} -IgnoreCheck *")).ThrowIfFailed().Single();
        var id = done.Text("Id");
        Assert.Equal(Target, made.Project.AnsweringVersion);
        Assert.Contains("is blocked now", done.Text("Recommendation"), StringComparison.Ordinal);
        var blocked = _module.Run($"Get-ShoreGuardBlockedImage -StatePath '{made.State}'").ThrowIfFailed().Single();
        Assert.Equal(newer, blocked.Text("Version"));
        Assert.EndsWith($"; incident {id}", blocked.Text("Reason"), StringComparison.Ordinal);
        var releases = _module.Run($"{made.Deployment} | Get-ShoreGuardRelease -StatePath '{made.State}'").ThrowIfFailed().Output;
        Assert.Contains(releases, each => each.Text("Version") == newer && each.Text("IsBlocked") == "True");
        Assert.Equal([id!], _module.Complete($"Undo-ShoreGuardRollback -StatePath '{made.State}' -Id "));
        Assert.Empty(_module.Complete($"Resume-ShoreGuardRollback -StatePath '{made.State}' -Id "));
        // None of them was ever ready: what failed before says nothing against it now.
        var result = _module.Run($"$args[0] | Undo-ShoreGuardRollback -StatePath '{made.State}' -Confirm:$false", done).ThrowIfFailed().Single();

        Assert.Equal(("True", newer, before), (result.Text("Succeeded"), made.Project.AnsweringVersion, made.Rows(_module)));
        // The build that was gone back to is not known to be a bad one.
        Assert.DoesNotContain("lock", result.Text("Recommendation"), StringComparison.Ordinal);
        // The other is still blocked, and returned to all the same.
        var warning = Assert.Single(result.Texts("Warnings"), each => each.Contains("is blocked, and stays so", StringComparison.Ordinal));
        var unblock = warning[(warning.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]
            .Replace(" |", $" -StatePath '{made.State}' |", StringComparison.Ordinal);
        _module.Run($"{unblock} -StatePath '{made.State}' -Confirm:$false").ThrowIfFailed();
        Assert.Empty(_module.Run($"Get-ShoreGuardBlockedImage -StatePath '{made.State}'").ThrowIfFailed().Output);
        Assert.Equal("", made.LeftOvers());
        var undone = _module.Run($"Get-ShoreGuardRollback {result.Text("Id")} -StatePath '{made.State}'").ThrowIfFailed().Single();
        Assert.Equal(id, undone.Text("Reverts"));
        // The first was overtaken; the undo can be undone.
        Assert.Equal([result.Text("Id")!], _module.Complete($"Undo-ShoreGuardRollback -StatePath '{made.State}' -Id "));
        _module.Run($"Undo-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false").Error("NothingToRevert", ErrorCategory.InvalidOperation);
    }

    [Fact]
    public void A_target_that_is_not_here_is_pulled_before_the_decision_and_never_for_a_plan()
    {
        using var own = new OwnRepository();
        own.PushWithOwnCommit("0.26.0", "0.26.0");
        own.Forget("0.26.0");
        var image = $"{own.Name}:0.26.0";
        using var made = RollbackCase.Make(_module, "0.26.0", Target, "sqlite");
        var before = made.Fingerprint(_module);

        Assert.Contains($"docker pull {image}",
            _module.Run(made.Planning($"-Image {image}")).Error("ImageNotHere", ErrorCategory.ObjectNotFound).ErrorDetails.RecommendedAction,
            StringComparison.Ordinal);
        Assert.Empty(_module.Run(made.Command($"-Image {image} -WhatIf")).ThrowIfFailed().Output);
        Assert.Equal("", Docker.Run("image", "ls", "--quiet", image).Trim());
        Assert.Equal(before, made.Fingerprint(_module));

        var result = _module.Run(made.Command($"-Image {image}")).ThrowIfFailed().Single();
        own.Tag(image, "0.26.0");
        Assert.Equal(("True", "Downgrade", "0.26.0"), (result.Text("Succeeded"), result.Text("Strategy"), made.Project.AnsweringVersion));
    }

    [Fact]
    public void Behind_a_proxy_the_image_alone_goes_back_without_an_outage()
    {
        using var made = RollbackCase.Make(_module, Target, "0.30.0", "proxied");
        var plan = _module.Run(made.Planning($"-Version {Target} -IgnoreCheck gateway_service")).ThrowIfFailed().Single();
        Assert.Equal(("ImageOnly", "BlueGreen", "True"), (plan.Text("Strategy"), plan.Text("Switch"), plan.Text("CanRun")));
        var result = _module.Run(made.Command($"-Version {Target} -IgnoreCheck gateway_service")).ThrowIfFailed().Single();
        Assert.Equal(("True", Target, 2), (result.Text("Succeeded"), made.Project.AnsweringVersion, made.Project.GatewayCount));
        Assert.Equal("", made.LeftOvers());
        // What it took is what the next one is expected to take.
        made.Redeploy("0.30.0");
        Assert.Equal("1", _module.Run(made.Planning($"-Version {Target} -IgnoreCheck gateway_service")).ThrowIfFailed().Single().Text("MeasuredOutages"));
    }

    [Theory]
    [InlineData("0.28.0", "Check the schema and the rows")]
    [FullData("0.29.0", "Gate: live")]
    public void One_that_is_killed_once_more_while_it_is_resumed_can_be_resumed_again(string newer, string step)
    {
        using var made = RollbackCase.Make(_module, Target, newer, "sqlite");
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", step);
        var id = _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'")
            .ThrowIfFailed().Single().Text("Id");
        var resume = $"Resume-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false";
        // While what was half done is put back, and while it is run once more.
        KilledProcess.At($"{resume} -Verbose", "Put the old container back");
        KilledProcess.At($"{resume} -Verbose", step);
        Assert.Equal("Unfinished", _module.Run($"Get-ShoreGuardRollback {id} -StatePath '{made.State}'").ThrowIfFailed().Single().Text("State"));

        Assert.Equal("True", _module.Run(resume).ThrowIfFailed().Single().Text("Succeeded"));
        Assert.Equal(("016", Target, ""), (made.Rows(_module)[..3], made.Project.AnsweringVersion, made.LeftOvers()));
    }

    [Fact]
    public void What_another_cmdlet_was_killed_at_is_refused_by_name_and_resumed_like_any()
    {
        using var made = RollbackCase.Make(_module, Target, "0.32.0", "sqlite");
        KilledProcess.At($"{made.Deployment} | Invoke-ShoreGuardImageRollback -Version {Target} -Confirm:$false -Verbose", "Start the new container");
        // Its own state folder is the user's: another one knows it by the engine.
        var refused = _module.Run(
            $"Get-ShoreGuardDeployment -Name {made.Project.Container} | Get-ShoreGuardRollbackPlan -Version {Target} -StatePath '{made.State}'")
            .Error("RollbackUnfinished", ErrorCategory.InvalidOperation);
        Assert.Contains("The image rollback ", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("Resume-ShoreGuardRollback ", refused.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        _module.Run($"Get-ShoreGuardRollback -Name '{made.Project.Container}' -Unfinished -StatePath '{made.State}' | Resume-ShoreGuardRollback -StatePath "
            + $"'{made.State}' -Confirm:$false").ThrowIfFailed();
        Assert.Equal((Target, ""), (made.Project.AnsweringVersion, made.LeftOvers()));
    }

    [Theory]
    [FullData("sqlite", true)]
    [InlineData("postgres", true)]
    [InlineData("sqlite", false)]
    public void The_undoing_of_one_that_is_killed_loses_neither_database(string database, bool resumed)
    {
        using var made = RollbackCase.Make(_module, Target, "0.29.0", database);
        var newer = made.Rows(_module);
        var first = _module.Run(made.Command($"-Version {Target}")).ThrowIfFailed().Single().Text("Id");
        made.Project.AddGateway("on the older one");
        var older = made.Rows(_module);
        KilledProcess.At($"Undo-ShoreGuardRollback {first} -StatePath '{made.State}' -Force -Confirm:$false -Verbose", "Start the new container");
        var id = _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'")
            .ThrowIfFailed().Single().Text("Id");
        _module.Run($"{(resumed ? "Resume" : "Undo")}-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false").ThrowIfFailed();
        if (!resumed)
        {
            Assert.Equal((Target, older), (made.Project.AnsweringVersion, made.Rows(_module)));
            _module.Run($"Undo-ShoreGuardRollback {first} -StatePath '{made.State}' -Force -Confirm:$false").ThrowIfFailed();
        }
        Assert.Equal(("0.29.0", newer, ""), (made.Project.AnsweringVersion, made.Rows(_module), made.LeftOvers()));
    }

    [Fact]
    public void What_was_written_while_a_killed_one_waited_to_be_reverted_is_kept()
    {
        using var made = RollbackCase.Make(_module, Target, "0.29.0", "sqlite");
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", "Gate: live");
        made.Project.WaitUntil("live", () => made.Project.AnsweringVersion == Target);
        made.Project.AddGateway("meanwhile");
        var id = _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'")
            .ThrowIfFailed().Single().Text("Id");
        // Nobody can be asked here, and -Confirm:$false says nothing about rows that nobody knew of.
        var undo = $"Undo-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false";
        Assert.Contains("gateways +1", _module.Run(undo).Error("RowsWritten", ErrorCategory.InvalidOperation).ToString(), StringComparison.Ordinal);
        Assert.Equal((Target, 2), (made.Project.AnsweringVersion, made.Project.GatewayCount));

        var run = _module.Run($"{undo} -Force").ThrowIfFailed();
        Assert.Contains(run.Warnings, warning => warning.Contains("gateways +1", StringComparison.Ordinal));
        var kept = Assert.Single(run.Warnings, warning => warning.Contains("is kept, with what was written to it since: ", StringComparison.Ordinal))
            .Split(": ")[^1];
        Assert.Equal(kept, run.Single().Text("Kept"));
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={kept};Pooling=False");
        connection.Open();
        using var command = new Microsoft.Data.Sqlite.SqliteCommand("SELECT count(*) FROM gateways WHERE name = 'meanwhile'", connection);
        Assert.Equal(1L, command.ExecuteScalar());
    }

    [Fact]
    public void While_one_is_unfinished_nothing_else_touches_the_deployment()
    {
        using var made = RollbackCase.Make(_module, Target, "0.29.0", "sqlite");
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", "Start the new container");
        var here = $"{made.Deployment} | ";
        var state = $"-StatePath '{made.State}'";
        var backup = Directory.EnumerateFiles(made.Folder, "*.sqlite").First();
        var id = _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' {state}").ThrowIfFailed().Single().Text("Id");
        foreach (var command in new[]
        {
            $"{here}Invoke-ShoreGuardImageRollback -Version {Target} -Confirm:$false {state}",
            $"{here}Invoke-ShoreGuardRollback -Version {Target} -Confirm:$false {state} -BackupFolder '{made.Folder}'",
            $"{here}Get-ShoreGuardRollbackPlan -Version {Target} {state} -BackupFolder '{made.Folder}'",
            $"{here}Restore-ShoreGuardDatabase -BackupPath '{backup}' -Confirm:$false {state}",
            $"{here}Invoke-ShoreGuardSchemaDowngrade 016 -Confirm:$false {state} -BackupFolder '{made.Folder}'",
        })
        {
            var refused = _module.Run(command);
            Assert.Contains($"Resume-ShoreGuardRollback "
                + $"{id}", refused.Error("RollbackUnfinished", ErrorCategory.InvalidOperation).ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        Assert.Equal([id!], _module.Complete($"Resume-ShoreGuardRollback {state} -Id "));
        Assert.Equal([id!], _module.Complete($"Undo-ShoreGuardRollback {state} -Id "));
        _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' {state} | Undo-ShoreGuardRollback {state} -Confirm:$false")
            .ThrowIfFailed();
        Assert.Equal("", made.LeftOvers());
        _module.Run($"Resume-ShoreGuardRollback {id} {state} -Confirm:$false").Error("NothingToResume", ErrorCategory.InvalidOperation);
    }
}
