using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace ShoreGuard.Rollback.Tests;

/// <summary>A PowerShell session with the module in it, as it is laid out for users.</summary>
/// <remarks>The module's types are known here by name only: it is loaded once, by Import-Module, as in a user's session.</remarks>
public sealed class ModuleHost : IDisposable
{
    // PowerShell finds its own cmdlets once for the whole process; a session that is made meanwhile has been seen without any.
    private static readonly Lock OneAtATime = new();

    private readonly Runspace _runspace;

    public ModuleHost(bool import = true)
    {
        lock (OneAtATime)
        {
            _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
            _runspace.Open();
        }
        if (import) Run("Import-Module $args[0] -ErrorAction Stop", Repository.Manifest).ThrowIfFailed();
    }

    /// <summary>Runs a script; its arguments are in $args.</summary>
    public RunResult Run(string script, params object?[] arguments)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        foreach (var argument in arguments) shell.AddArgument(argument);
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

    /// <summary>Runs a script and stops it, as Ctrl-C does, once something has happened; returns when it has ended.</summary>
    public void RunAndStop(string script, Action waitUntil)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        var running = shell.BeginInvoke();
        waitUntil();
        shell.Stop();
        try
        {
            shell.EndInvoke(running);
        }
        catch (PipelineStoppedException)
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
        using var shell = PowerShell.Create(_runspace);
        shell.AddScript($"$VerbosePreference = 'Continue'; {script}");
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        shell.Streams.Verbose.DataAdded += (messages, added) =>
        {
            if (((PSDataCollection<VerboseRecord>)messages!)[added.Index].Message.Contains(step, StringComparison.Ordinal) && Interlocked.Decrement(ref times) == 0)
                begun.TrySetResult();
        };
        var running = shell.BeginInvoke();
        WaitHandle.WaitAny([running.AsyncWaitHandle, ((IAsyncResult)begun.Task).AsyncWaitHandle]);
        shell.Stop();
        try
        {
            shell.EndInvoke(running);
        }
        catch (Exception ended) when (ended is PipelineStoppedException or RuntimeException)
        {
        }
        return begun.Task.IsCompleted ? null : $"'{step}' was never begun: {string.Join("; ", shell.Streams.Error)} {string.Join("; ", shell.Streams.Verbose)}";
    }

    public void Dispose() => _runspace.Dispose();

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
