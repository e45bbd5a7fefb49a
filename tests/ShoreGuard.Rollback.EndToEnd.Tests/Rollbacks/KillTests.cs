using System.Diagnostics;
using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Our process killed (SIGKILL) as each step of a switch begins: the next call puts in order what is left, and goes on.</summary>
public sealed class KillTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void Recreate() => KillAtEach(
        "sqlite",
        "Create the new container", "Stop the old container", "Rename the old container aside", "Give its name to the new container",
        "Start the new container", "Gate: live", "Pin in", "Remove the old container");

    [Fact]
    public void HotSwap() => KillAtEach(
        "postgres",
        "Make a private network", "Join the database", "Gate on the private network", "Hand over", "Rename the old container aside",
        "Gate where it is published", "Pin in", "Take the private network away", "Stop the old container");

    [Fact]
    public void BlueGreen() => KillAtEach(
        "proxied",
        "Take the alias from the new container", "Start the new container", "Gate beside", "Give the alias to the new container",
        "Take the alias from the old container", "Rename the old container aside", "Give its name to the new container",
        "Gate under the alias", "Pin in", "Let the old container finish", "Stop the old container");

    private void KillAtEach(string topology, params string[] steps)
    {
        using var project = StandInProject.Start("0.32.0", topology);
        project.AddGateway("gw1");
        foreach (var step in steps)
        {
            project.Deploy("0.32.0");
            project.WaitUntil("ready", () => project.Answers("readyz"));

            KillAt(project, step);
            var run = _host.RollBack(project, "-Version 0.27.0");

            // What had passed its gate already is only finished; then there is nothing to roll back any more.
            Assert.True(run.Errors.All(error => error.FullyQualifiedErrorId.StartsWith("TargetIsRunning", StringComparison.Ordinal)), $"{step}: {string.Join('\n', run.Errors)}");
            Assert.True(project.AnsweringVersion == "0.27.0", $"{step}: {project.AnsweringVersion} answers");
            Assert.True(project.GatewayCount == 1, step);
            HotSwapTests.AssertNothingIsLeftOver(project);
        }
    }

    internal static void KillAt(StandInProject project, string step, int times = 1)
    {
        var command = $"Import-Module '{Repository.Manifest}'; Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 1 -Confirm:$false -Verbose";
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", Repository.Host, "-NoProfile", "-Command", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var seen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(object sender, DataReceivedEventArgs line)
        {
            if (line.Data?.Contains(step, StringComparison.Ordinal) == true && Interlocked.Decrement(ref times) == 0)
            {
                process.Kill();
                seen.TrySetResult(true);
            }
        }
        process.OutputDataReceived += Look;
        process.ErrorDataReceived += Look;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)), $"{step}: the process did not end");
        Assert.True(seen.Task.IsCompleted, $"The step '{step}' was never begun.");
    }

    public void Dispose() => _host.Dispose();
}
