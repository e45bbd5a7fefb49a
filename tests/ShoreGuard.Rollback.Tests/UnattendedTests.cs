using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What a scheduler or a pipeline relies on, with nobody at the keyboard: no question hangs or ends in a riddle, a failure is
/// seen, a gate has one answer.</summary>
public sealed class UnattendedTests : IDisposable
{
    private const string Away = "[ShoreGuard.Rollback.Deployment]@{ Name = 'prod'; ContainerId = 'c'; Image = 'x:2'; State = 'running'; "
        + "DockerHost = 'tcp://127.0.0.1:1'; Database = [ShoreGuard.Rollback.DatabaseLocation]@{ Url = 'sqlite:////x.db' } }";

    private static readonly string Backups = Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Engine.Tests", "Data", "backups");

    private readonly ModuleHost _host = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public UnattendedTests()
    {
        foreach (var (revision, name) in (ReadOnlySpan<(string, string)>)[("016", "backup.sqlite"), ("017", "shoreguard.db")])
            File.Copy(Path.Combine(Backups, $"shoreguard-sqlite-{revision}.sqlite"), In(name));
    }

    public void Dispose()
    {
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_question_that_cannot_be_asked_is_an_error_that_says_what_it_was()
    {
        var before = await File.ReadAllBytesAsync(In("shoreguard.db"), TestContext.Current.CancellationToken);
        var (output, code) = await Run("""
            Restore-ShoreGuardDatabase ./backup.sqlite -DatabaseUrl sqlite:///shoreguard.db
            "seen: $(-not $?)"
            $found = $global:Error[0]
            "id: $($found.FullyQualifiedErrorId)"
            "category: $($found.CategoryInfo.Category)"
            "target: $($found.TargetObject)"
            """);
        Assert.Equal(0, code);
        string[] told = ["seen: True", "id: ConfirmationNeeded,", "InvalidOperation", "target: sqlite:", "-Confirm:$false", "Nothing was changed."];
        foreach (var part in told)
            Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.DoesNotContain("defect", output, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(In("shoreguard.db"), TestContext.Current.CancellationToken));
    }

    // One failure of each cmdlet that changes something: its engine is away, or its database.
    [Fact]
    public async Task A_failure_is_seen_by_the_next_command_and_stops_a_script_that_wants_to_be_stopped()
    {
        string[] commands =
        [
            "$away | Invoke-ShoreGuardRollback -Version 1 -Confirm:$false",
            "$away | Invoke-ShoreGuardImageRollback -Version 1 -Confirm:$false",
            "$away | Invoke-ShoreGuardSchemaDowngrade -To 016 -Confirm:$false",
            "$away | Restore-ShoreGuardDatabase ./backup.sqlite -Confirm:$false",
            "$away | Backup-ShoreGuardDatabase",
            "Resume-ShoreGuardRollback abcd -Confirm:$false",
            "Undo-ShoreGuardRollback abcd -Confirm:$false",
            "Restore-ShoreGuardDatabase ./none.sqlite -DatabaseUrl sqlite:///shoreguard.db -Confirm:$false",
            "Backup-ShoreGuardDatabase -DatabaseUrl sqlite:///none.db",
        ];
        var (output, _) = await Run($"$away = {Away}\n" + string.Join('\n', commands.Select((command, at) => $$"""
            {{command}} 2> $null
            "{{at}} seen: $(-not $?)"
            try { {{command}} -ErrorAction Stop; 'went on' } catch { "{{at}} stopped: $($_.ErrorDetails.RecommendedAction.Length -gt 0)" }
            """)));
        for (var at = 0; at < commands.Length; at++)
        {
            Assert.True(output.Contains($"{at} seen: True", StringComparison.Ordinal), $"{commands[at]}\n{output}");
            Assert.True(output.Contains($"{at} stopped: True", StringComparison.Ordinal), $"{commands[at]}\n{output}");
        }
        Assert.DoesNotContain("went on", output, StringComparison.Ordinal);
    }

    [Fact]
    public void With_errors_that_stop_the_result_is_reached_through_the_error()
    {
        var run = _host.Run("""
            Set-Location $args[0]
            $backup = Backup-ShoreGuardDatabase -DatabaseUrl sqlite:///shoreguard.db -StatePath ./state
            $bytes = [IO.File]::ReadAllBytes($backup.BackupPath); $bytes[63] = 1; [IO.File]::WriteAllBytes($backup.BackupPath, $bytes)
            try { $result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl sqlite:///shoreguard.db -StatePath ./state -Confirm:$false -ErrorAction Stop }
            catch {
                $_.TargetObject.GetType().Name
                "$($_.TargetObject.Reverted) $($_.TargetObject.Reason)"
                $_.ErrorDetails.RecommendedAction
                "lost: $($null -eq $result)"
            }
            """, _folder).ThrowIfFailed().Texts;
        Assert.Equal("RestoreResult", run[0]);
        Assert.StartsWith("True ", run[1], StringComparison.Ordinal);
        Assert.Contains("$Error[0].TargetObject", run[2], StringComparison.Ordinal);
        Assert.Equal("lost: True", run[3]);
    }

    [Theory]
    [InlineData("$good, $good", true)]
    [InlineData("$good, $bad", false)]
    [InlineData("$bad, $bad", false)]
    [InlineData("$good, 'ftp://x'", false)]
    [InlineData("@()", false)]
    public async Task Quiet_gives_one_answer_for_all_that_is_piped_in(string endpoints, bool passes)
    {
        await using var server = LocalServer.Healthy();
        var script = $"$good = [string]$args[0]; $bad = 'http://127.0.0.1:1'; {endpoints} | ";
        Assert.Equal(passes, Assert.Single(_host.Run($"{script} Test-ShoreGuardHealth -Quiet -ErrorAction SilentlyContinue", server.Uri).Output).BaseObject);
    }

    [Theory]
    [InlineData("'./backup.sqlite', './shoreguard.db'", true)]
    [InlineData("'./backup.sqlite', './broken.sqlite'", false)]
    [InlineData("'./backup.sqlite', './none.sqlite'", false)]
    [InlineData("'./empty'", false)]
    public void It_does_so_for_backups(string paths, bool passes)
    {
        File.WriteAllBytes(In("broken.sqlite"), File.ReadAllBytes(In("backup.sqlite"))[..50_000]);
        Directory.CreateDirectory(In("empty"));
        var run = _host.Run($"Set-Location $args[0]; {paths} | Test-ShoreGuardBackup -Quiet -ErrorAction SilentlyContinue", _folder);
        Assert.Equal(passes, Assert.Single(run.Output).BaseObject);
    }

    [Theory]
    [InlineData("Test-ShoreGuardIdentity -Uri $good -ExpectedVersion 0.34.2 -Quiet", true)]
    [InlineData("Test-ShoreGuardIdentity -Uri $good -ExpectedVersion 0.34.1 -Quiet", false)]
    [InlineData("@() | Test-ShoreGuardIdentity -ExpectedVersion 0.34.2 -Quiet", false)]
    public async Task It_does_so_for_identities(string script, bool passes)
    {
        await using var server = LocalServer.Healthy();
        Assert.Equal(passes, Assert.Single(_host.Run($"$good = $args[0]; {script}", server.Uri).Output).BaseObject);
    }

    [Fact]
    public void Backups_go_below_the_state_folder_where_nobody_else_may_look_and_are_found_there()
    {
        var run = _host.Run("""
            Set-Location $args[0]
            Get-ShoreGuardBackup -StatePath ./state
            Test-ShoreGuardBackup -StatePath ./state -Quiet
            (Backup-ShoreGuardDatabase -DatabaseUrl sqlite:///shoreguard.db -StatePath ./state).BackupPath
            (Get-ShoreGuardBackup -StatePath ./state).BackupPath
            Test-ShoreGuardBackup -StatePath ./state -Quiet
            """, _folder).ThrowIfFailed().Output;
        Assert.Equal(false, run[0].BaseObject);
        Assert.Equal(Path.Combine(_folder, "state", "backups"), Path.GetDirectoryName((string)run[1].BaseObject));
        Assert.Equal(run[1].BaseObject, run[2].BaseObject);
        Assert.Equal(true, run[3].BaseObject);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(In("state/backups")));
        var names = Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["backup.sqlite", "shoreguard.db", "state"], names);
    }

    // What comes of them where all is well needs a deployment; that a failure is not hidden does not.
    [Theory]
    [InlineData("Invoke-UnattendedRollback.ps1", "-Version 0.27.0", 1, "Recommendation:")]
    [InlineData("Backup-Nightly.ps1", "", 1, "Recommendation:")]
    [InlineData("Assert-Deployment.ps1", "-Version 0.27.0 -TimeoutSec 1", 1, "Recommendation:")]
    [InlineData("Assert-Release.ps1", "-Version 0.27.0 -Require Backup,Reversible", 2, "Recommendation:")]
    [InlineData("Invoke-ScheduledVerification.ps1", "-PrometheusUri http://127.0.0.1:1", 2, "\"outcome\":\"unknown\"")]
    public async Task An_example_ends_with_what_tells_its_scheduler_that_it_failed(string script, string arguments, int expected, string part)
    {
        var path = Path.Combine(Repository.Root, "examples", script);
        var start = Pwsh.Start(["-NonInteractive", "-File", path, "-Project", "prod", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        start.Environment["PSModulePath"] = Path.GetDirectoryName(Repository.Layout);
        start.Environment["DOCKER_HOST"] = "tcp://127.0.0.1:1";
        start.Environment["XDG_STATE_HOME"] = _folder;
        var (output, code) = await Pwsh.Run(start);
        Assert.True(code == expected, $"{code}: {output}");
        Assert.Contains(part, output, StringComparison.Ordinal);
    }

    // A log in a folder that is not there is told, and does not keep the system's log from being told.
    [Fact]
    public async Task The_verification_tells_the_system_s_log_what_is_not_well()
    {
        var logger = In(OperatingSystem.IsWindows() ? "eventcreate.cmd" : "logger");
        await File.WriteAllTextAsync(logger,
            OperatingSystem.IsWindows() ? $"@echo %*>\"{In("logged")}\"\r\n" : $"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{In("logged")}'\n",
            TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(logger, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var script = Path.Combine(Repository.Root, "examples", "Invoke-ScheduledVerification.ps1");
        var start = Pwsh.Start("-NonInteractive", "-File", script, "-Project", "prod", "-SystemLog", "-LogPath", In("nowhere/log"));
        start.Environment["PSModulePath"] = Path.GetDirectoryName(Repository.Layout);
        start.Environment["DOCKER_HOST"] = "tcp://127.0.0.1:1";
        start.Environment["XDG_STATE_HOME"] = _folder;
        start.Environment["PATH"] = $"{_folder}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        var (output, code) = await Pwsh.Run(start);
        Assert.True(code == 2, $"{code}: {output}");
        var logged = await File.ReadAllTextAsync(In("logged"), TestContext.Current.CancellationToken);
        Assert.StartsWith(OperatingSystem.IsWindows()
            ? "/L Application /SO ShoreGuard /ID 1 /T WARNING /D \"ShoreGuard prod is unknown: deployment: "
            : "--tag\nshoreguard\n--priority\nuser.warning\n--\nShoreGuard prod is unknown: deployment: ", logged, StringComparison.Ordinal);
        Assert.Contains("nowhere", output, StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private async Task<(string Output, int ExitCode)> Run(string script)
    {
        var path = In("script.ps1");
        await File.WriteAllTextAsync(path, $"Import-Module '{Repository.Manifest}' -ErrorAction Stop\n{script}");
        var start = Pwsh.Start("-NonInteractive", "-File", path);
        start.WorkingDirectory = _folder;
        start.Environment["XDG_STATE_HOME"] = In("state");
        start.Environment["NO_COLOR"] = "1";
        return await Pwsh.Run(start);
    }
}
