using System.Diagnostics;
using System.Text;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>A rollback that is stopped in the middle, by Ctrl-C, by the end of its service or by a terminal that closes: everything is
/// put back, and whoever waits is told how that goes.</summary>
public sealed class StopTests : IDisposable
{
    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void What_is_put_back_is_told_and_so_is_what_runs_then_and_how_long_it_was_down()
    {
        using var project = StandInProject.Start("0.28.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        var before = (string?)Docker.Inspect(project.Container)["Id"];
        // Pressed once more, and once more: nothing else comes of it. What pwsh ends with then is its own.
        foreach (var (signals, code) in Sampling.Half<(string, int?)>([("INT INT INT", null), ("TERM", 143), ("HUP", 129)]))
        {
            var (output, ended) = Stop(project, signals.Split(' '));

            string[] told = ["Stopping: what was begun", "  Undoing: Start the new container", "  Undoing: Downgrade", "0.28.0 again, and was down for "];
            foreach (var part in told)
                Assert.True(output.Contains(part, StringComparison.Ordinal), $"{signals}: '{part}' is not in\n{output}");
            Assert.DoesNotContain("the next command", output, StringComparison.Ordinal);
            Assert.True(code is null || code == ended, $"{signals}: {ended}\n{output}");
            Assert.Equal(before, (string?)Docker.Inspect(project.Container)["Id"]);
            Assert.True(project.AnsweringVersion == "0.28.0", signals);
            HotSwapTests.AssertNothingIsLeftOver(project);
            var record = _host.Run($"Get-ShoreGuardRollback -Name '{project.Container}' -StatePath '{project.Folder}/state' | Select-Object -First 1").Single();
            Assert.Equal("Reverted", record.Text("State"));
            Assert.True((TimeSpan)record.At("Outage")! > TimeSpan.Zero, signals);
        }
    }

    private static (string Output, int ExitCode) Stop(StandInProject project, string[] signals)
    {
        var rollback = $"Invoke-ShoreGuardRollback -Version 0.27.0 -StabilitySec 60 -StatePath '{project.Folder}/state' -Confirm:$false -Verbose";
        var pwsh = Pwsh.StartWithModule($"Get-ShoreGuardDeployment -Project {project.Name} | {rollback}; 'the next command'");
        // Whoever runs the tests in the background has told them to take no notice of Ctrl-C, and so all that they start.
        string[] arguments = ["--default-signal=INT,HUP", pwsh.FileName, .. pwsh.ArgumentList];
        var start = new ProcessStartInfo("env", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        var gated = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Take(object sender, DataReceivedEventArgs line)
        {
            lock (output)
                output.AppendLine(line.Data);
            if (line.Data?.Contains("Gate: live", StringComparison.Ordinal) == true)
                gated.TrySetResult();
        }
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Task.WaitAny(gated.Task, process.WaitForExitAsync());
        foreach (var signal in signals)
        {
            Docker.RunProgram("kill", [$"-{signal}", $"{process.Id}"]);
            Thread.Sleep(300);
        }
        process.WaitForExit();
        lock (output)
            return (output.ToString(), process.ExitCode);
    }
}
