using System.Text.RegularExpressions;
using ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Documentation;

/// <summary>The runbook as the help has it, from "something is wrong" to the exported incident, typed line by line by somebody who is tired.</summary>
public sealed partial class RunbookTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public void Every_step_can_be_done_with_the_module_and_nothing_else()
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.28.0", "sqlite");
        using var monitoring = new Monitoring([$"127.0.0.1:{made.Project.Port}"]);
        made.Project.WaitUntil("not ready", () => !made.Project.Answers("readyz"));
        // Its metrics want a key, so that for this Prometheus it is down.
        monitoring.WaitUntil("firing", () => monitoring.Fires("ShoreGuardDown", $"127.0.0.1:{made.Project.Port}"));
        var commands = Commands().ToList();
        Assert.InRange(commands.Count, 20, 40);
        _module.Run($$"""
            Set-Location '{{made.Project.Folder}}'
            $env:SHOREGUARD_TOKEN = '{{StandInProject.Key}}'
            $global:PSDefaultParameterValues = @{ '*-ShoreGuard*:Confirm' = $false; '*-ShoreGuard*:StatePath' = '{{made.State}}'; 'Get-ShoreGuardRollbackPlan:StabilitySec' = 0.3 }
            """).ThrowIfFailed();
        try
        {
            foreach (var command in commands)
            {
                var run = _module.Run(Adapt(command, made, monitoring));
                Assert.True(run.Errors.Count == 0, $"{command}\n{string.Join('\n', run.Errors)}");
            }
        }
        finally
        {
            _module.Run("$env:SHOREGUARD_TOKEN = $null").ThrowIfFailed();
        }

        Assert.Equal("0.27.0", made.Project.AnsweringVersion);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(Path.Combine(made.Project.Folder, "incident.html")), StringComparison.Ordinal);
        Assert.Equal(["Held", "1", "ShoreGuardDown", "True", "False"], _module.Run("""
            $incident = Get-ShoreGuardIncident $global:result.Id
            "$($incident.Observation.Outcome)"; "$($incident.Notes.Count)"; "$($incident.Symptom.Alerts.Name)"; "$(@(Get-ShoreGuardBlockedImage | Where-Object Version -EQ 0.28.0).Count -eq 1)"
            "$(($global:deployment | Test-ShoreGuardRelease -Version 0.28.0).Passed)"
            """).ThrowIfFailed().Texts);
    }

    // What is the reader's own, and how long a test can wait.
    private static string Adapt(string command, RollbackCase made, Monitoring monitoring) => Variable().Replace(command, "$$global:$1")
        .Replace("prod-shoreguard-1", made.Project.Container, StringComparison.Ordinal)
        .Replace("http://localhost:9090", monitoring.PrometheusUri.ToString(), StringComparison.Ordinal)
        .Replace("00:15:00", "00:00:04 -IntervalSec 0.5", StringComparison.Ordinal)
        .Replace("-Unfinished", $"-Unfinished -Name '{made.Project.Name}*'", StringComparison.Ordinal);

    private static IEnumerable<string> Commands() =>
        Command().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "about_ShoreGuard_Runbook.help.txt")))
            .Select(line => line.Groups[1].Value.TrimEnd());

    [GeneratedRegex(@"(?m)^      (\S.*)$")]
    private static partial Regex Command();

    [GeneratedRegex(@"\$(deployment|alerts|plan|result)\b")]
    private static partial Regex Variable();
}
