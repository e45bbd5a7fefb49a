using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Windows;

/// <summary>An operator on Windows: the module in PowerShell for Windows, the engine behind its named pipe, and a Compose file on another machine.</summary>
[Trait("Run", "Windows")]
public sealed class WindowsTests : IDisposable
{
    private const string Gate = "-GateTimeoutSec 60 -StabilitySec 0.3";

    private readonly WindowsPwsh _windows = new();

    public void Dispose() => _windows.Dispose();

    private static string Deployment(StandInProject project) => $"Get-ShoreGuardDeployment -Project {project.Name}";

    [Fact]
    public void A_deployment_is_found_looked_at_and_planned_for()
    {
        using var project = StandInProject.Start("0.28.0");
        var found = _windows.Object($$"""
            $deployment = {{Deployment(project)}}
            $health = $deployment | Test-ShoreGuardHealth
            $plan = $deployment | Get-ShoreGuardRollbackPlan -Version 0.27.0 -Pin None
            @{ Host = $deployment.DockerHost; Folder = $deployment.ComposeDirectory; Explanation = $health.Explanation
               Verdict = ($deployment | Test-ShoreGuardIdentity).Verdict; Steps = @($plan.Steps.Name); Decision = $plan.SchemaDecision }
            """);
        Assert.Equal("npipe:////./pipe/docker_engine", (string?)found["Host"]);
        // A path of the engine's machine stays one.
        Assert.Equal(project.Folder, (string?)found["Folder"]);
        Assert.Equal("Match", (string?)found["Verdict"]);
        Assert.Contains("Downgrade 017 → 016", found["Steps"]!.AsArray().Select(step => (string?)step));
    }

    [Fact]
    public void A_sqlite_database_is_backed_up_to_a_share_drilled_restored_and_put_back()
    {
        using var project = StandInProject.Start("0.27.0");
        project.AddGateway("before");
        var backup = (string?)_windows.Object($"{Deployment(project)} | Backup-ShoreGuardDatabase '{_windows.Share}'")["BackupPath"];
        Assert.StartsWith(_windows.Share, backup, StringComparison.Ordinal);
        project.AddGateway("after");
        var report = _windows.Object($"Get-ShoreGuardBackup '{_windows.Share}' | Test-ShoreGuardBackup -Drill");
        Assert.True((bool)report["Usable"]!, report.ToJsonString());
        RestoreAndPutBack(project, backup!);
    }

    [Fact]
    public void A_postgresql_database_is_backed_up_drilled_restored_and_put_back()
    {
        using var project = StandInProject.Start("0.27.0", "postgres");
        project.AddGateway("before");
        var backup = (string?)_windows.Object($"{Deployment(project)} | Backup-ShoreGuardDatabase '{_windows.There}'")["BackupPath"];
        project.AddGateway("after");
        var report = _windows.Object($"Get-ShoreGuardBackup '{_windows.There}' | Test-ShoreGuardBackup -Drill -Deployment ({Deployment(project)})");
        Assert.True((bool)report["Usable"]!, report.ToJsonString());
        RestoreAndPutBack(project, backup!);
    }

    private void RestoreAndPutBack(StandInProject project, string backup)
    {
        var done = _windows.Objects($$"""
            $restored = {{Deployment(project)}} | Restore-ShoreGuardDatabase -BackupPath '{{backup}}' -Confirm:$false
            $restored
            (Invoke-RestMethod '{{project.Uri}}api/gateway/list' -Headers @{ Authorization = 'Bearer {{StandInProject.Key}}' }).total
            $restored | Restore-ShoreGuardDatabase -Undo -Confirm:$false
            """);
        Assert.Equal((true, "Ready"), ((bool)done[0]!["Succeeded"]!, (string?)done[0]!["Application"]));
        Assert.Equal(1, (int)done[1]!);
        Assert.True((bool)done[2]!["Succeeded"]!, done[2]!.ToJsonString());
        Assert.Equal(2, project.GatewayCount);
    }

    [Fact]
    public void An_image_is_rolled_back()
    {
        using var project = StandInProject.Start("0.27.0");
        project.AddGateway("one");
        project.Deploy("0.30.0");
        var result = _windows.Object($"{Deployment(project)} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Pin None {Gate} -Confirm:$false");
        Assert.True((bool)result["Succeeded"]!, result.ToJsonString());
        Assert.Equal(("0.27.0", 1), (project.AnsweringVersion, project.GatewayCount));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void A_whole_rollback_with_a_downgrade_that_is_killed_is_resumed_and_undone(string database)
    {
        using var project = StandInProject.Start("0.28.0", database);
        project.AddGateway("one");
        var rollback = $"{Deployment(project)} | Invoke-ShoreGuardRollback -Version 0.27.0 -Pin None {Gate} -Confirm:$false";
        var (output, code) = _windows.Run($$"""
            & { {{rollback}} -Verbose } 4>&1 3>&1 | ForEach-Object {
                "$_"
                if ("$_".Contains('Rename the old container aside')) { [Diagnostics.Process]::GetCurrentProcess().Kill() }
            }
            """);
        Assert.True(code != 0 && output.Contains("Rename the old container aside", StringComparison.Ordinal), $"{code}: {output}");
        Assert.False(project.Answers("healthz"));

        var resumed = _windows.Object($"Get-ShoreGuardRollback -Name {project.Container} -Unfinished | Resume-ShoreGuardRollback -Confirm:$false");
        Assert.True((bool)resumed["Succeeded"]!, resumed.ToJsonString());
        Assert.Equal(("0.27.0", 1), (project.AnsweringVersion, project.GatewayCount));

        var undone = _windows.Object($"Get-ShoreGuardRollback -Name {project.Container} | Select-Object -First 1 | Undo-ShoreGuardRollback -Confirm:$false");
        Assert.True((bool)undone["Succeeded"]!, undone.ToJsonString());
        Assert.Equal(("0.28.0", 1), (project.AnsweringVersion, project.GatewayCount));
    }

    // As a person presses it: every program of the console is told, and the one that shows it takes no notice.
    [Fact]
    public void Ctrl_C_puts_everything_back_and_says_so()
    {
        using var project = StandInProject.Start("0.28.0");
        var before = (string?)Docker.Inspect(project.Container)["Id"];
        File.WriteAllText(Path.Combine(_windows.Folder, "rollback.ps1"), $$"""
            [Console]::OutputEncoding = [Text.Encoding]::UTF8
            Import-Module ./out/ShoreGuard.Rollback/ShoreGuard.Rollback.psd1
            {{Deployment(project)}} | Invoke-ShoreGuardRollback -Version 0.27.0 -Pin None -GateTimeoutSec 60 -StabilitySec 60 -Confirm:$false -Verbose
            'the next command'
            """);
        var (output, code) = _windows.Run($$"""
            Add-Type -Namespace Console -Name Control -MemberDefinition '
              [DllImport("kernel32")] public static extern bool GenerateConsoleCtrlEvent(uint kind, uint group);
              [DllImport("kernel32")] public static extern bool SetConsoleCtrlHandler(System.IntPtr handler, bool add);'
            $start = [Diagnostics.ProcessStartInfo]::new("$PSHOME\pwsh.exe", '-NoProfile -NonInteractive -File {{_windows.There}}\rollback.ps1')
            $start.RedirectStandardOutput = $true
            $start.StandardOutputEncoding = [Text.Encoding]::UTF8
            $process = [Diagnostics.Process]::Start($start)
            while ($null -ne ($line = $process.StandardOutput.ReadLine())) {
              $line
              if ($line -like '*Gate: live*') {
                $null = [Console.Control]::SetConsoleCtrlHandler(0, $true)
                $null = [Console.Control]::GenerateConsoleCtrlEvent(0, 0)
              }
            }
            $process.WaitForExit()
            """);
        foreach (var part in (string[])["Stopping: what was begun", "  Undoing: Start the new container", "  Undoing: Downgrade",
            "0.28.0 again, and was down for "])
            Assert.True(output.Contains(part, StringComparison.Ordinal), $"{code}: '{part}' is not in\n{output}");
        Assert.DoesNotContain("the next command", output, StringComparison.Ordinal);
        Assert.Equal(before, (string?)Docker.Inspect(project.Container)["Id"]);
        Assert.Equal("0.28.0", project.AnsweringVersion);
    }
}
