using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Management.Automation.Runspaces;

namespace ShoreGuard.Rollback.Tests;

/// <summary>A pwsh process and a session in it, which is lent to one test after the other: to start one takes more than a second of a processor.</summary>
/// <remarks>It is reached by PowerShell's own remoting over a named pipe, and connected once: who connects again while the pipe is being made anew
/// waits for ever.</remarks>
internal sealed class PwshProcess
{
    private static readonly ConcurrentBag<PwshProcess> Idle = [];
    private static readonly ConcurrentBag<PwshProcess> All = [];

    private readonly string _pipe = $"sgtest-{Guid.NewGuid():n}";
    private readonly Process _process;
    private readonly Lazy<Runspace> _session;
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
        _session = new(Open);
        All.Add(this);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public Runspace Session => _session.Value;

    /// <summary>Lends a process that nobody else uses.</summary>
    public static PwshProcess Lend() => Idle.TryTake(out var idle) ? idle : new();

    /// <summary>Takes it back, without what the session's variables held. In the place of one that was killed, or is still at work, another is
    /// started, so that the next test need not wait for it.</summary>
    public void GiveBack()
    {
        if (HasExited || Session.RunspaceAvailability != RunspaceAvailability.Available)
        {
            End();
            Idle.Add(new());
            return;
        }
        Session.ResetRunspaceState();
        Idle.Add(this);
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public bool WaitForExit(TimeSpan patience) => _process.WaitForExit(patience);

    private Runspace Open()
    {
        var session = RunspaceFactory.CreateRunspace(new NamedPipeConnectionInfo(_pipe, (int)TimeSpan.FromMinutes(1).TotalMilliseconds));
        session.Open();
        return session;
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
        if (!HasExited)
            Kill();
        if (_session.IsValueCreated)
            Session.Dispose();
        // Whoever is killed leaves its sockets.
        foreach (var socket in (string[])[.. Directory.GetFiles(Path.GetTempPath(), $"CoreFxPipe_{_pipe}"),
            .. Directory.GetFiles(Path.GetTempPath(), $"CoreFxPipe_PSHost.*.{Id}.*")])
            File.Delete(socket);
    }
}
