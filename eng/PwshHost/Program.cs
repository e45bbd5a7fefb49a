using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Runtime.InteropServices;
using ShoreGuard.PwshHost;

// Before the engine's first type is touched: it reports home otherwise.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");

if (CommandLine.Parse(args) is not { } line)
{
    Console.Error.WriteLine(CommandLine.Usage);
    return 64;
}

return new Session(line).Run();

/// <summary>One run of a script or a command, from the first byte to the exit code.</summary>
internal sealed class Session(CommandLine line)
{
    private const int Interrupted = 128 + 2;
    private const int Terminated = 128 + 15;

    private readonly StandInHost _host = new(line.NonInteractive);
    private volatile PowerShell? _running;
    private volatile int _signal;

    public int Run()
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, s => Stop(s, Interrupted));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, s => Stop(s, Terminated));

        // CreateDefault() wants ConsoleHost, which comes with pwsh only. This brings Microsoft.PowerShell.Core alone.
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows()) state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;

        using var runspace = RunspaceFactory.CreateRunspace(_host, state);
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        if (Console.IsOutputRedirected) PSStyle.Instance.OutputRendering = OutputRendering.PlainText;

        var code = line.File is { } file ? RunFile(runspace, file) : RunCommand(runspace, line.Command!);
        return _signal is var signal and not 0 ? signal : code;
    }

    private int RunFile(Runspace runspace, string file)
    {
        if (!File.Exists(file))
        {
            _host.UI.WriteErrorLine($"The argument '{file}' is not recognized as the name of a script file. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.");
            return 64;
        }

        // Without this, `exit N` ends the script only and cannot be told from the code of the last native command. pwsh sets it
        // for -File too; it is not public, which a host of one pinned engine version can live with.
        var context = typeof(Runspace).GetProperty("ExecutionContext", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(runspace)!;
        context.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(context, true);

        var script = new Command(Path.GetFullPath(file), isScript: false, useLocalScope: false);
        foreach (var argument in line.ScriptArguments()) script.Parameters.Add(argument);
        return Invoke(runspace, script);
    }

    private int RunCommand(Runspace runspace, string text)
    {
        // As `pwsh -Command`: without an exit, the $? of the last command decides. It has to be asked for inside the pipeline, which
        // must not show in the engine's message about a text that does not parse.
        Parser.ParseInput(text, out _, out var errors);
        if (errors.Length == 0) text += "\n$global:StandInSucceeded = $?";
        var code = Invoke(runspace, new Command(text, isScript: true, useLocalScope: false));
        return code == 0 && _host.ExitCode is null && runspace.SessionStateProxy.GetVariable("StandInSucceeded") is false ? 1 : code;
    }

    private int Invoke(Runspace runspace, Command command)
    {
        using var shell = PowerShell.Create(runspace);
        // Errors go down the same pipe as output, so that both appear in the order in which they happened.
        command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.Commands.AddCommand(command).AddCommand("Out-Default");
        _running = shell;
        try
        {
            if (_signal == 0) shell.Invoke();
            return _host.ExitCode ?? 0;
        }
        catch (PipelineStoppedException)
        {
            return _host.ExitCode ?? 1;
        }
        catch (IncompleteParseException failure)
        {
            // The error view shows the end of a text that breaks off, which is nothing.
            _host.UI.WriteErrorLine($"ParserError: {failure.Message}");
            return 1;
        }
        catch (RuntimeException failure)
        {
            _running = null;
            Report(runspace, failure.ErrorRecord);
            return 1;
        }
        finally
        {
            _running = null;
            _host.ClearProgress();
        }
    }

    /// <summary>Prints an error as the engine prints those that nobody caught.</summary>
    private static void Report(Runspace runspace, ErrorRecord error)
    {
        var shown = PSObject.AsPSObject(error);
        if (shown.Properties["writeErrorStream"] is null) shown.Properties.Add(new PSNoteProperty("writeErrorStream", true));
        using var shell = PowerShell.Create(runspace);
        shell.AddCommand("Out-Default").Invoke(new[] { shown });
    }

    /// <summary>The first signal stops the pipeline, whose clean-up runs; the second one is left to its default: death.</summary>
    private void Stop(PosixSignalContext signal, int code)
    {
        if (_signal != 0) return;
        _signal = code;
        signal.Cancel = true;
        _host.CancelPrompt();
        _running?.BeginStop(null, null);
    }
}
