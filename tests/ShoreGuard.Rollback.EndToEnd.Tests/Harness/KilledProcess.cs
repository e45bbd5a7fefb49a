using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>An operator's process with the module, which is killed (SIGKILL).</summary>
internal sealed class KilledProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly ModuleHost _host = new();
    private readonly Task<RunResult> _run;

    /// <summary>Begins to run a command; somebody kills it meanwhile.</summary>
    /// <param name="command">The command, with <c>-Verbose</c>.</param>
    /// <param name="variables">Further environment variables of the process.</param>
    public KilledProcess(string command, IReadOnlyDictionary<string, string>? variables = null)
    {
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            _host.Run("[Environment]::SetEnvironmentVariable($args[0], $args[1])", name, value).ThrowIfFailed();
        _run = Task.Run(() => _host.Run(command));
    }

    /// <summary>Whether the command has come to its end.</summary>
    public bool HasEnded => _run.IsCompleted;

    public void Kill() => _host.Kill();

    /// <summary>Waits until it has been killed; gives what it said until then.</summary>
    public IReadOnlyList<string> WaitUntilKilled()
    {
        Assert.True(_run.Wait(Patience), "The process did not end.");
        string[] said = [.. _run.Result.Verbose, .. _run.Result.Texts, .. _run.Result.Errors.Select(error => error.ToString())];
        // The pipe breaks a moment before the process is known to be gone.
        Assert.True(_host.WaitForExit(TimeSpan.FromSeconds(10)), $"It ended by itself: {string.Join('\n', said)}");
        return said;
    }

    /// <summary>Runs a command in a process that kills itself as it says a step's name: looked at from outside, a short step would be over by then.</summary>
    /// <param name="command">The command, with <c>-Verbose</c>.</param>
    /// <param name="step">A part of the step's name.</param>
    /// <param name="times">At which of its beginnings.</param>
    /// <param name="variables">Further environment variables of the process.</param>
    public static void At(string command, string step, int times = 1, IReadOnlyDictionary<string, string>? variables = null)
    {
        using var process = new KilledProcess($$"""
            $left = {{times}}
            & { {{command}} } 4>&1 | ForEach-Object {
                "$_"
                if ("$_".Contains('{{step.Replace("'", "''", StringComparison.Ordinal)}}') -and --$left -eq 0) { [System.Diagnostics.Process]::GetCurrentProcess().Kill() }
            }
            """, variables);
        process.WaitUntilKilled();
    }

    public void Dispose()
    {
        // Its variables are its own: nobody else is given it.
        _host.Kill();
        _host.Dispose();
    }
}
