using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace ShoreGuard.Rollback.Tests;

/// <summary>A PowerShell session of one's own with the module in it, as it is laid out for users, in a real pwsh.</summary>
/// <remarks>What comes out has been sent from there: records are <c>Deserialized.ShoreGuard.Rollback.…</c>, with their properties and texts.</remarks>
public sealed class ModuleHost : IDisposable
{
    private readonly PwshProcess _process = PwshProcess.Lend();

    public ModuleHost(bool import = true) => Run(Begin, Environment.CurrentDirectory, Repository.Manifest, import).ThrowIfFailed();

    /// <summary>The process that the session is in.</summary>
    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    // Whoever had the session before may have left the module in it.
    private const string Begin = """
        param($folder, $manifest, $import)
        $ExecutionContext.SessionState.Path.SetLocation($folder)
        $loaded = Get-Module ShoreGuard.Rollback
        if ($loaded -and -not $import) { Remove-Module ShoreGuard.Rollback }
        if ($import -and -not $loaded) { Import-Module $manifest -ErrorAction Stop }
        """;

    /// <summary>Runs a script; its arguments are in $args.</summary>
    public RunResult Run(string script, params object?[] arguments)
    {
        using var shell = Shell(script, arguments);
        var output = new PSDataCollection<PSObject>();
        ErrorRecord? terminating = null;
        try
        {
            shell.Invoke(null, output);
        }
        catch (RuntimeException failure)
        {
            terminating = failure.ErrorRecord;
        }

        return new RunResult(
            [.. output],
            [.. shell.Streams.Error.Concat(terminating is null ? [] : [terminating])],
            [.. shell.Streams.Warning.Select(w => w.Message)],
            [.. shell.Streams.Verbose.Select(v => v.Message)],
            [.. shell.Streams.Information.Select(i => i.MessageData?.ToString() ?? "")],
            [.. shell.Streams.Progress],
            terminating is not null);
    }

    /// <summary>What Tab offers at the end of what was typed.</summary>
    public IReadOnlyList<string> Complete(string typed) =>
        Run("(TabExpansion2 $args[0] $args[0].Length).CompletionMatches | ForEach-Object CompletionText", typed).ThrowIfFailed().Texts;

    /// <summary>Begins to run a script, and gives each object as it comes out.</summary>
    public async Task Run(string script, Action<PSObject> output, params object?[] arguments)
    {
        using var shell = Shell(script, arguments);
        var results = new PSDataCollection<PSObject>();
        results.DataAdded += (_, added) => output(results[added.Index]);
        await shell.InvokeAsync<PSObject, PSObject>(null, results);
    }

    /// <summary>Runs a script and stops it, as Ctrl-C does, once something has happened; returns when it has ended.</summary>
    public void RunAndStop(string script, Action waitUntil, params object?[] arguments)
    {
        using var shell = Shell(script, arguments);
        var running = shell.BeginInvoke();
        waitUntil();
        shell.Stop();
        try
        {
            shell.EndInvoke(running);
        }
        catch (RuntimeException)
        {
        }
    }

    /// <summary>Runs a script and stops it as it begins a step, which it says in a verbose message.</summary>
    /// <param name="script">The script.</param>
    /// <param name="step">A part of the message.</param>
    /// <param name="times">At which of several such messages.</param>
    /// <returns>Null when the step was begun, else what the script ended with.</returns>
    public string? RunAndStopAt(string script, string step, int times = 1)
    {
        using var shell = Shell($"$VerbosePreference = 'Continue'; {script}", []);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        shell.Streams.Verbose.DataAdded += (messages, added) =>
        {
            if (((PSDataCollection<VerboseRecord>)messages!)[added.Index].Message.Contains(step, StringComparison.Ordinal)
                && Interlocked.Decrement(ref times) == 0)
                begun.TrySetResult();
        };
        var running = shell.BeginInvoke();
        WaitHandle.WaitAny([running.AsyncWaitHandle, ((IAsyncResult)begun.Task).AsyncWaitHandle]);
        shell.Stop();
        try
        {
            shell.EndInvoke(running);
        }
        catch (RuntimeException)
        {
        }
        return begun.Task.IsCompleted ? null : $"'{step}' was never begun: {string.Join("; ", shell.Streams.Error)} {string.Join("; ", shell.Streams.Verbose)}";
    }

    /// <summary>Kills the process (SIGKILL), whatever it is doing.</summary>
    public void Kill() => _process.Kill();

    public bool WaitForExit(TimeSpan patience) => _process.WaitForExit(patience);

    public void Dispose() => _process.GiveBack();

    private PowerShell Shell(string script, object?[] arguments)
    {
        if (_process.NewVariables() is { Count: > 0 } variables)
            Invoke("param($variables) foreach ($name in $variables.Keys) { [Environment]::SetEnvironmentVariable($name, $variables[$name]) }", [variables])
                .Dispose();
        return Prepare(script, arguments);
    }

    private PowerShell Invoke(string script, object?[] arguments)
    {
        var shell = Prepare(script, arguments);
        shell.Invoke();
        return shell;
    }

    private PowerShell Prepare(string script, object?[] arguments)
    {
        var shell = PowerShell.Create(_process.Session);
        shell.AddScript(script);
        foreach (var argument in arguments)
            shell.AddArgument(argument);
        return shell;
    }

    [ModuleInitializer]
    internal static void TurnTelemetryOff() => Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
}

/// <summary>Everything that a script gave.</summary>
/// <param name="Errors">What it wrote to the error stream, then what ended it.</param>
public sealed record RunResult(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<string> Information,
    IReadOnlyList<ProgressRecord> Progress,
    bool Terminated)
{
    public RunResult ThrowIfFailed() =>
        Errors.Count == 0 ? this : throw new InvalidOperationException(string.Join('\n', Errors.Select(e => e.ToString())), Errors[0].Exception);

    /// <summary>The output as texts.</summary>
    public IReadOnlyList<string> Texts => [.. Output.Select(o => o?.ToString() ?? "")];
}
