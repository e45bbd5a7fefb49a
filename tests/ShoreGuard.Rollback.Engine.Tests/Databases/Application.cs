using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Another process that uses a database, as ShoreGuard does: through Python's sqlite3.</summary>
public sealed class Application : IDisposable
{
    // Every line is a statement; after each it says how it went.
    private const string Program = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=float(sys.argv[3]))
        if sys.argv[2]: connection.execute("PRAGMA journal_mode = " + sys.argv[2])
        print("ready", flush=True)
        for line in sys.stdin:
            try:
                print("ok", connection.execute(line).fetchall(), flush=True)
            except sqlite3.Error as error:
                print("error", error, flush=True)
        connection.close()
        """;

    private readonly Process _process;

    private Application(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Opens the database in a process of its own; null where there is no Python.</summary>
    /// <param name="path">The database.</param>
    /// <param name="mode">The journal mode it sets; empty for the one it finds.</param>
    /// <param name="patience">The seconds it waits for a lock.</param>
    public static Application? Start(string path, string mode, int patience = 5)
    {
        try
        {
            var process = Python(["-c", Program, path, mode, $"{patience}"]);
            Assert.Equal("ready", process.StandardOutput.ReadLine());
            return new(process);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Runs a program of Python's; null where there is none.</summary>
    public static int? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Python(["-c", program, .. arguments]);
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Runs a statement; what it says of it.</summary>
    public string? Execute(string sql)
    {
        Send(sql);
        return Answer();
    }

    /// <summary>Begins a statement.</summary>
    public void Send(string sql)
    {
        _process.StandardInput.WriteLine(sql);
        _process.StandardInput.Flush();
    }

    /// <summary>What it says of the statement that was begun.</summary>
    public string? Answer() => _process.StandardOutput.ReadLine();

    /// <summary>Ends it as a stop does: the database is closed.</summary>
    public void End()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
    }

    /// <summary>Ends it as a power failure does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private static Process Python(string[] arguments) =>
        Process.Start(new ProcessStartInfo("python3", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
}
