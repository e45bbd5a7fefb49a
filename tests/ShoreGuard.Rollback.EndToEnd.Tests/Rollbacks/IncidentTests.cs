using System.Management.Automation;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>What a rollback leaves for those who were not there.</summary>
public sealed partial class IncidentTests : IDisposable
{
    private const string Hostile = "<script>console.log('owned')</script><img src='http://127.0.0.1:9/x'>\u202E[x](javascript:alert(1)) @everyone |";

    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public async Task A_rollback_is_told_from_what_was_wrong_to_what_is_left_to_do()
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.28.0", "sqlite");
        // Its background task dies some seconds after its start.
        made.Project.WaitUntil("not ready", () => !made.Project.Answers("readyz"));
        var state = $"-StatePath '{made.State}'";
        // A plan that is piped in is watched afterwards like any other.
        var result = _module.Run(
            $"$global:result = {made.Planning("-Version 0.27.0")} | Invoke-ShoreGuardRollback {state} -ObservationWindow 00:00:02 -Confirm:$false; "
            + "$global:result").ThrowIfFailed().Single();

        var incident = _module.Run($"$global:incident = Get-ShoreGuardIncident {result.Text("Id")} {state}; $global:incident").ThrowIfFailed().Single();

        Assert.Equal(("Succeeded", "0.28.0 (28ba9d6)", "0.27.0 (27d0c5a)"), (incident.Text("State"), incident.Text("From"), incident.Text("To")));
        Assert.Equal(["NotReady", "ImageSuspected", "True", "True"], _module.Run(
            "$s = $global:incident.Symptom; \"$($s.Status)\"; \"$($s.Diagnosis)\"; \"$($s.Log.Count -gt 3)\"; \"$(@($s.Checks | Where-Object State -in Dead, "
            + "Stalled).Count -ge 1)\"").Texts);
        // In the order in which they were: deployed, not well, decided, rolled back, served again.
        Assert.Equal(["True", "True", "True", "True", "True"], _module.Run("""
            $t = $global:incident.Times
            $t.DeployedAt -lt $t.SymptomSince; $t.SymptomSince -le $t.DecidedAt; $t.DecidedAt -le $t.StartedAt; $t.StartedAt -lt $t.OutageBegan; $t.OutageEnded -le $t.HeldSince
            """).Texts);
        Assert.Equal(["True"], _module.Run("[Math]::Abs(($global:incident.Times.Outage - $global:result.Outage.Duration).TotalMilliseconds) -lt 1").Texts);
        Assert.Contains(
            "Database: Downgrade, ", string.Join('\n', _module.Run("$global:incident.Decisions | ForEach-Object { \"$_\" }").Texts), StringComparison.Ordinal);
        Assert.Equal(["Held", "Held"], _module.Run("\"$($global:result.Observation.Outcome)\"; \"$($global:incident.Observation.Outcome)\"").Texts);
        Assert.Equal(["Deploy", "Symptom", "Decision", "Rollback", "Outage", "Observation"],
            _module.Run("$global:incident.Events | ForEach-Object { \"$($_.Kind)\" }").Texts);
        // What was kept comes back with the command that stands beside it.
        Assert.EndsWith($"-BackupPath '{result.List("Kept")[0]}'", _module.Run("$global:incident.Kept[0].Command").Texts[0], StringComparison.Ordinal);

        await TellAsync(made, state);
    }

    private async Task TellAsync(RollbackCase made, string state)
    {
        _module.Run($"$global:incident | Add-ShoreGuardIncidentNote $args[0] {state}; $global:incident | Add-ShoreGuardIncidentNote 'password=hunter2 was "
            + $"rotated' {state}", Hostile).ThrowIfFailed();
        var page = Path.Combine(made.Project.Folder, "incident.html");
        _module.Run($"$global:incident | Export-ShoreGuardIncident -Path $args[0] {state}", page).ThrowIfFailed();
        Assert.Equal("-rw-------", _module.Run("(Get-Item $args[0]).UnixMode", page).Texts[0]);
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        _module.Run($"$global:incident | Export-ShoreGuardIncident -Path $args[0] {state}", page).Error("ReportExists", ErrorCategory.ResourceExists);
        // Of several, only the last would be left.
        _module.Run($"$global:incident, $global:incident | Export-ShoreGuardIncident -Path $args[0] -Force {state}", page)
            .Error("ReportsCollide", ErrorCategory.InvalidArgument);

        await using (var browser = await Browser.StartAsync())
        {
            foreach (var (width, scheme) in new[] { (390, "light"), (1280, "light"), (1280, "dark") })
            {
                var (requests, messages, wide, picture) = await browser.OpenAsync(page, width, scheme);
                Assert.Empty(requests);
                Assert.Empty(messages);
                Assert.InRange(wide, 200, width);
                Assert.True(picture.Length > 20_000);
                await SaveAsync(picture, $"incident-{width}-{scheme}.png");
            }
        }

        var folder = Directory.CreateDirectory(Path.Combine(made.Project.Folder, "reports")).FullName;
        var json = _module.Run($"($global:incident | Export-ShoreGuardIncident -Path $args[0] -Format Json {state}).FullName", folder).Texts[0];
        Assert.Equal($"{folder}/incident-{_module.Run("$global:incident.Id").Texts[0]}.json", json);
        var read = JsonNode.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken))!;
        Assert.Equal(("Succeeded", "0.28.0", Hostile), ((string)read["State"]!, (string)read["From"]!["Version"]!, (string)read["Notes"]![0]!["Text"]!));
        var markdown = _module.Run($"$null = $global:incident | Export-ShoreGuardIncident -Path $args[0] {state}; Get-Content $args[0] -Raw",
            Path.Combine(folder, "incident.md")).Texts[0];
        Assert.Matches(@"(?m)^- \[ \] ", markdown);
        // Code spans and fenced lines are text; nothing hostile is anywhere else.
        Assert.DoesNotMatch("[<@]|javascript:", Code().Replace(markdown, ""));
    }

    // Where somebody looks at them.
    private static async Task SaveAsync(byte[] picture, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "out", "pictures")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, name), picture, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_rollback_of_the_image_alone_makes_one_too_and_an_undo_belongs_to_it()
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.32.0", "sqlite");
        var state = $"-StatePath '{made.State}'";
        _module.Run($"{made.Deployment} | Invoke-ShoreGuardImageRollback -Version 0.27.0 {RollbackCase.Gate} {state} -Confirm:$false").ThrowIfFailed();
        var incident = _module.Run($"$global:incident = Get-ShoreGuardIncident {state}; $global:incident").ThrowIfFailed().Single();
        Assert.Equal(("Succeeded", "none"), (incident.Text("State"), incident.Text("Loss")));
        Assert.Equal(["Healthy", ""], _module.Run("\"$($global:incident.Symptom.Status)\"; \"$($global:incident.Times.SymptomSince)\"").Texts);

        _module.Run($"Undo-ShoreGuardRollback {incident.Text("Id")} {state} -Confirm:$false").ThrowIfFailed();
        var undone = _module.Run($"$global:incident = Get-ShoreGuardIncident {state}; $global:incident").ThrowIfFailed().Single();
        Assert.Equal(incident.Text("Id"), undone.Text("Id"));
        Assert.Equal("Undo", _module.Run("\"$($global:incident.Events[-1].Kind)\"").Texts[0]);
    }

    // A span between backticks, or a block between fences.
    [GeneratedRegex(@"(?ms)^```+text$.*?^```+$|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")]
    private static partial Regex Code();
}
