using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace ShoreGuard.Rollback.Tests;

/// <summary>A pwsh process that is lent to one session after the other, through its own remoting over a named pipe: to start one takes more than a second of a processor.</summary>
internal sealed class PwshProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly ConcurrentBag<PwshProcess> Idle = [];
    private static readonly ConcurrentBag<PwshProcess> All = [];

    private readonly string _pipe = $"sgtest-{Guid.NewGuid():n}";
    private readonly Process _process;
    // What the process has been told of this one's environment, which tests change.
    private Dictionary<string, string?> _told = Variables();

    static PwshProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in All)
            process.End();
    };

    private PwshProcess()
    {
        // It ends with its standard input, that is with this process, whatever becomes of that.
        var start = Pwsh.Start("-NonInteractive", "-CustomPipeName", _pipe, "-Command", "$input | Out-Null");
        start.RedirectStandardInput = true;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        All.Add(this);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Lends a process that nobody else uses.</summary>
    public static PwshProcess Lend() => Idle.TryTake(out var idle) ? idle : new();

    /// <summary>Takes it back. In the place of one that was killed another is started, so that the next session need not wait for it.</summary>
    public void GiveBack()
    {
        if (!_process.HasExited)
        {
            Idle.Add(this);
            return;
        }
        End();
        Idle.Add(new());
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public bool WaitForExit(TimeSpan patience) => _process.WaitForExit(patience);

    /// <summary>Opens a new session in it.</summary>
    public Runspace Open()
    {
        // It listens when it has started, and again when it is done with the session before.
        for (var clock = Stopwatch.StartNew(); ;)
        {
            var runspace = RunspaceFactory.CreateRunspace(new NamedPipeConnectionInfo(_pipe, (int)Patience.TotalMilliseconds));
            try
            {
                runspace.Open();
                return runspace;
            }
            catch (RuntimeException) when (clock.Elapsed < Patience && !HasExited)
            {
                runspace.Dispose();
                Thread.Sleep(10);
            }
        }
    }

    /// <summary>The variables that have been set here, or removed (null), since it was last told.</summary>
    public Hashtable NewVariables()
    {
        var now = Variables();
        var changes = new Hashtable();
        foreach (var name in now.Keys.Union(_told.Keys).Where(name => now.GetValueOrDefault(name) != _told.GetValueOrDefault(name)))
            changes[name] = now.GetValueOrDefault(name);
        _told = now;
        return changes;
    }

    private static Dictionary<string, string?> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value);

    private void End()
    {
        if (!_process.HasExited)
            Kill();
        // Whoever is killed leaves its sockets.
        foreach (var socket in (string[])[.. Directory.GetFiles(Path.GetTempPath(), $"CoreFxPipe_{_pipe}"), .. Directory.GetFiles(Path.GetTempPath(), $"CoreFxPipe_PSHost.*.{Id}.*")])
            File.Delete(socket);
    }
}
