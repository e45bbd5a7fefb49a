using System.Diagnostics;
using System.Globalization;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>What an operator's own process took: a cmdlet in a fresh process of PowerShell, or another program.</summary>
/// <param name="Seconds">Wall time: of the cmdlet, the loading of its engine included, or of the whole program.</param>
/// <param name="PeakMebibytes">The most memory the process itself ever held (VmHWM); zero for other programs. Tools it calls are not in it.</param>
/// <param name="Answer">What was asked of the cmdlet's result.</param>
internal sealed record FreshProcess(double Seconds, double PeakMebibytes, string Answer)
{
    /// <summary>Runs a cmdlet.</summary>
    /// <param name="cmdlet">Its call.</param>
    /// <param name="ask">What to print of its result, <c>$r</c>.</param>
    /// <param name="databaseUrl">The database, which is not put on a command line.</param>
    public static FreshProcess Cmdlet(string cmdlet, string ask, string databaseUrl)
    {
        var command = $"$ErrorActionPreference = 'Stop'; Import-Module '{Repository.Manifest}'; $w = [Diagnostics.Stopwatch]::StartNew(); $r = {cmdlet}; $s = "
            + "$w.Elapsed.TotalSeconds.ToString('r'); "
            + $"$s; [string]({ask}); [IO.File]::ReadAllLines('/proc/self/status') | Where-Object {{ $_ -like 'VmHWM:*' }}";
        var start = Pwsh.Start("-Command", command);
        start.Environment["SHOREGUARD_DATABASE_URL"] = databaseUrl;
        Settle();
        var lines = Run(start).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var peak = double.Parse(lines[^1].Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024;
        return new(double.Parse(lines[0], CultureInfo.InvariantCulture), peak, lines[1]);
    }

    /// <summary>Itself, where what was asked is true: of what has failed nothing is measured.</summary>
    public FreshProcess IfTrue() => Answer == "True" ? this : throw new InvalidOperationException($"The answer was '{Answer}', and not 'True'.");

    /// <summary>Runs another program.</summary>
    public static FreshProcess Program(string password, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        if (password.Length > 0)
            start.Environment["PGPASSWORD"] = password;
        Settle();
        var clock = Stopwatch.StartNew();
        var output = Run(start);
        return new(clock.Elapsed.TotalSeconds, 0, output.Trim());
    }

    // What an earlier run has left to be written is no part of this one's time.
    private static void Settle() => Process.Start("sync")!.WaitForExit();

    private static string Run(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{start.FileName} failed with {process.ExitCode}: {error.Result}");
    }
}
