using System.Text.Json.Nodes;
using System.Xml.Linq;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Windows;

/// <summary>The verification as the Task Scheduler runs it: what the task's XML says, as SYSTEM has it: no profile, no session, no variables of a
/// person.</summary>
[Trait("Run", "Windows")]
public sealed class ScheduledTaskTests : IDisposable
{
    private static readonly XNamespace Task = "http://schemas.microsoft.com/windows/2004/02/mit/task";

    private readonly WindowsPwsh _windows = new();

    public void Dispose() => _windows.Dispose();

    [Fact]
    public void Its_result_is_the_exit_code_and_what_is_not_well_is_in_the_log_and_in_the_event_log()
    {
        using var project = StandInProject.Start("0.27.0");
        var first = Run(project, "");
        Assert.Equal(1, (int)first["Code"]!);
        Assert.Equal("notWell", (string?)LastLine(first)["outcome"]);
        Assert.Contains("/T ERROR /D \"ShoreGuard", (string?)first["Event"], StringComparison.Ordinal);
        Assert.Contains("There is no backup.", (string?)first["Event"], StringComparison.Ordinal);

        // SYSTEM's own state, and so its own backups.
        var second = Run(project, $"Get-ShoreGuardDeployment -Project {project.Name} | Backup-ShoreGuardDatabase");
        Assert.True((int)second["Code"]! == 0, second.ToJsonString());
        Assert.Equal("well", (string?)LastLine(second)["outcome"]);
        Assert.Null((string?)second["Event"]);
    }

    private static JsonNode LastLine(JsonNode run) => JsonNode.Parse(((string)run["Log"]!).Trim().Split('\n')[^1])!;

    // The paths are those of this machine; everything else is the task's.
    private JsonNode Run(StandInProject project, string before)
    {
        var exec = XDocument.Load(Path.Combine(Repository.Root, "examples", "shoreguard-verification.xml")).Descendants(Task + "Exec").Single();
        Assert.Equal(@"C:\Program Files\PowerShell\7\pwsh.exe", (string?)exec.Element(Task + "Command"));
        var arguments = ((string)exec.Element(Task + "Arguments")!)
            .Replace(@"C:\Program Files\ShoreGuard\", @"Z:\opt\checkout\examples\", StringComparison.Ordinal)
            .Replace(@"C:\ProgramData\ShoreGuard", _windows.There, StringComparison.Ordinal)
            .Replace("-Project prod", $"-Project {project.Name}", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_windows.Folder, "eventcreate.cmd"), $"@echo %*>\"{_windows.There}\\event\"\r\n");
        return _windows.Object($$"""
            function Start-AsSystem([string] $Arguments) {
              $start = [Diagnostics.ProcessStartInfo]::new("$PSHOME\pwsh.exe", $Arguments)
              $start.WorkingDirectory = 'C:\windows\system32'
              $start.RedirectStandardOutput = $start.RedirectStandardError = $true
              $start.Environment.Clear()
              $profile = 'C:\windows\system32\config\systemprofile'
              @{ SystemRoot = 'C:\windows'; SystemDrive = 'C:'; ComSpec = 'C:\windows\system32\cmd.exe'; PATHEXT = '.COM;.EXE;.BAT;.CMD'
                 Path = 'C:\windows\system32;{{_windows.There}}'; TEMP = 'C:\windows\temp'; TMP = 'C:\windows\temp'; USERNAME = 'SYSTEM'
                 ProgramData = 'C:\ProgramData'; ProgramFiles = 'C:\Program Files'; USERPROFILE = $profile
                 APPDATA = "$profile\AppData\Roaming"; LOCALAPPDATA = "$profile\AppData\Local"
                 PSModulePath = 'Z:\opt\checkout\out'; POWERSHELL_TELEMETRY_OPTOUT = '1' }.GetEnumerator().ForEach({ $start.Environment[$_.Key] = $_.Value })
              $process = [Diagnostics.Process]::Start($start)
              $errors = $process.StandardError.ReadToEndAsync()
              $output = $process.StandardOutput.ReadToEnd()
              $process.WaitForExit()
              @{ Code = $process.ExitCode; Output = $output + $errors.Result }
            }
            if ('{{before}}') { $null = Start-AsSystem '-NoProfile -NonInteractive -Command {{before}}' }
            $event = '{{_windows.There}}\event'
            Remove-Item $event -ErrorAction Ignore
            $run = Start-AsSystem '{{arguments}}'
            $run.Log = Get-Content '{{_windows.There}}\verification.jsonl' -Raw
            $run.Event = (Test-Path $event) ? (Get-Content $event -Raw) : $null
            $run
            """);
    }
}
