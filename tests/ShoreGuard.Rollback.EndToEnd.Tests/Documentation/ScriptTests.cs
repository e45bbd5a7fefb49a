using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Documentation;

/// <summary>The scripts of examples/, one after the other in a night in which a bad release was deployed: each ends with the exit code
/// that its scheduler goes by.</summary>
public sealed class ScriptTests
{
    [Fact]
    public async Task A_night_with_the_examples()
    {
        using var project = StandInProject.Start("0.28.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));

        await Run(project, "Backup-Nightly.ps1", "", 0, "Usable");
        await Run(project, "Assert-Release.ps1", "-Version 0.28.0 -Require Backup,Reversible,KnownIdentity", 0, "Passed");
        await Run(project, "Assert-Release.ps1", "-Version 0.27.0", 1, "it would not start");
        project.WaitUntil("what it is after a few seconds", () => !project.Answers("readyz"));
        await Run(project, "Assert-Deployment.ps1", "-Version 0.28.0 -TimeoutSec 1", 1, "background_cleanup");
        await Run(project, "Invoke-UnattendedRollback.ps1", "-Version 0.26.99", 1, "Recommendation:");
        var log = Path.Combine(project.Folder, "verification.jsonl");
        await Run(project, "Invoke-ScheduledVerification.ps1", $"-LogPath {log}", 1, "background_cleanup");
        await Run(project, "Invoke-UnattendedRollback.ps1", "-Version 0.27.0", 1, "The image alone does not do");
        await Run(project, "Invoke-UnattendedRollback.ps1", "-Version 0.27.0 -AllowDatabase -MaxOutage 00:00:01", 1, "The outage to expect is not known");
        await Run(project, "Invoke-UnattendedRollback.ps1", "-Version 0.27.0 -AllowDatabase", 0, "Rolled back to 0.27.0");
        await Run(project, "Invoke-UnattendedRollback.ps1", "-Version 0.26.0 -AllowDatabase", 1, "was rolled back within the last 24 hours");
        await Run(project, "Assert-Release.ps1", "-Version 0.28.0", 1, "it has been blocked since");
        await Run(project, "Invoke-ScheduledVerification.ps1", $"-LogPath {log} -Drill", 0, "\"outcome\":\"well\"");
        var lines = (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(["notWell", "well"], lines.Select(line => (string?)line["outcome"]));
        Assert.Equal(["health", "identity", "unfinished", "backups", "drill"], lines[1]["checks"]!.AsArray().Select(check => (string?)check!["name"]));
        await Run(project, "Assert-Deployment.ps1", "-Version 0.27.0 -GitSha 27d0c5a", 0, "");
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(project.Folder, "shoreguard-rollback", "backups"), "*.sqlite"));
    }

    private static async Task Run(StandInProject project, string script, string arguments, int expected, string part)
    {
        var path = Path.Combine(Repository.Root, "examples", script);
        var start = Pwsh.Start(["-NonInteractive", "-File", path, "-Project", project.Name, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        start.Environment["PSModulePath"] = Path.GetDirectoryName(Repository.Layout);
        start.Environment["XDG_STATE_HOME"] = project.Folder;
        start.Environment["NO_COLOR"] = "1";
        var (output, code) = await Pwsh.Run(start);
        Assert.True(code == expected, $"{script} {arguments} ended with {code}: {output}");
        Assert.Contains(part, output, StringComparison.Ordinal);
    }
}
