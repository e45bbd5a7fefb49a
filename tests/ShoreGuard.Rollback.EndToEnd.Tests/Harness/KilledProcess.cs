using System.Diagnostics;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>An operator's process with the module, killed (SIGKILL) when it says that a step begins.</summary>
internal static class KilledProcess
{
    /// <summary>How one is started that somebody else will kill.</summary>
    /// <param name="command">The command, with <c>-Verbose</c>.</param>
    public static ProcessStartInfo Of(string command) =>
        new("dotnet", ["exec", Repository.Host, "-NoProfile", "-Command", $"Import-Module '{Repository.Manifest}'; {command}"]) { RedirectStandardOutput = true, RedirectStandardError = true };

    /// <summary>Runs a command in a process that kills itself as it says a step's name: looked at from outside, a short step would be over by then.</summary>
    /// <param name="command">The command, with <c>-Verbose</c>.</param>
    /// <param name="step">A part of the step's name.</param>
    /// <param name="times">At which of its beginnings.</param>
    /// <param name="variables">Further environment variables of the process.</param>
    public static void At(string command, string step, int times = 1, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = Of($$"""
            $left = {{times}}
            & { {{command}} } 4>&1 | ForEach-Object {
                [Console]::WriteLine("$_")
                if ("$_".Contains('{{step.Replace("'", "''", StringComparison.Ordinal)}}') -and --$left -eq 0) { [System.Diagnostics.Process]::GetCurrentProcess().Kill() }
            }
            """);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = new System.Collections.Concurrent.ConcurrentQueue<string?>();
        process.OutputDataReceived += (_, line) => said.Enqueue(line.Data);
        process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(180)), $"{step}: the process did not end");
        if (process.ExitCode == 137)
            return;
        // Its last words may still be on their way. Not without end: what it has started may live on, and keeps them open.
        Task.Run(process.WaitForExit).Wait(TimeSpan.FromSeconds(10));
        Assert.Fail($"The step '{step}' was never begun: {string.Join('\n', said)}");
    }
}
