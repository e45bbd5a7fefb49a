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
        project.WaitUntil("what it is after a few seconds", () => !project.Answers("readyz"));
        await Run(project, "Assert-Deployment.ps1", "-Version 0.28.0 -TimeoutSec 1", 1, "background_cleanup");
        await Run(project, "Invoke-UnattendedRollback.ps1", "-Version 0.26.99", 1, "Recommendation:");
        await Run(project, "Invoke-UnattendedRollback.ps1", "-Version 0.27.0", 0, "Rolled back to 0.27.0");
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
