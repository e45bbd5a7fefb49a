using ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Alerts;

/// <summary>A silence that was made for a rollback ends with it, whoever brings it to its end.</summary>
public sealed class RollbackSilenceTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public void It_ends_with_the_rollback_and_with_the_undo_of_one_that_was_killed()
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.28.0", "sqlite");
        using var monitoring = new Monitoring([$"127.0.0.1:{made.Project.Port}"]);
        var making = $"$silence = New-ShoreGuardSilence {monitoring.AlertmanagerUri} -Confirm:$false";

        var killed = _module.Run($"{making}; $silence[0]").ThrowIfFailed().Single().Text("Id")!;
        KilledProcess.At(made.Command($"-Version 0.27.0 -Silence ({Silence(killed, monitoring.AlertmanagerUri)})") + " -Verbose", "Start the new container");
        Assert.Equal("active", monitoring.StateOf(killed));
        // What was wrong was written down before anything was changed, and what has to be done now is told.
        Assert.Equal(["Unfinished", "True", "True"],
            _module.Run($"$incident = Get-ShoreGuardIncident -StatePath '{made.State}'; \"$($incident.State)\"; \"$($null -ne "
            + "$incident.Symptom)\"; \"$($incident.FollowUps -match 'Resume-ShoreGuardRollback')\" -replace '.*Resume-.*', 'True'").Texts);
        var undone = _module.Run(
            $"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Name}*' -StatePath '{made.State}' | Undo-ShoreGuardRollback -StatePath '{made.State}' "
            + "-Confirm:$false").ThrowIfFailed();
        Assert.DoesNotContain(undone.Warnings, warning => warning.Contains("silence", StringComparison.Ordinal));
        Assert.Equal("expired", monitoring.StateOf(killed));

        var run = _module.Run($"{making}; {made.Command("-Version 0.27.0 -Silence $silence")}; $silence").ThrowIfFailed();
        // One for each of the two ways by which ShoreGuard's alerts are known.
        Assert.Equal(("True", 3), (run.Output[0].Text("Succeeded"), run.Output.Count));
        Assert.All(run.Output.Skip(1), silence => Assert.Equal("expired", monitoring.StateOf(silence.Text("Id")!)));
    }

    [Fact]
    public void An_Alertmanager_that_is_gone_is_a_warning_and_the_rollback_goes_on()
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.28.0", "sqlite");
        var gone = new Uri($"http://127.0.0.1:{StandInProject.FreePort()}/");
        var run = _module.Run(made.Command($"-Version 0.27.0 -Silence ({Silence("0b8e9b9a-0000-4000-8000-000000000000", gone)})")).ThrowIfFailed();
        Assert.Equal("True", run.Single().Text("Succeeded"));
        Assert.Contains("Remove-ShoreGuardSilence", Assert.Single(run.Warnings, warning => warning.Contains("The silence", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    // As New-ShoreGuardSilence gives it.
    private static string Silence(string id, Uri alertmanager) => $"[ShoreGuard.Rollback.Silence]@{{ Id = '{id}'; AlertmanagerUri = '{alertmanager}'; "
        + "StartsAt = [DateTimeOffset]::UtcNow; EndsAt = [DateTimeOffset]::UtcNow.AddMinutes(5); State = 'Active' }";
}
