using System.Diagnostics;
using System.Globalization;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>
/// How long Import-Module takes, timed inside fresh processes of the stand-in host, against a manifest with nothing in it: what is
/// left is the module's own share.
/// </summary>
internal static class ImportTime
{
    private const int Runs = 15;

    public static async Task<Measurement> Measure(Action<string> log)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-bench-");
        try
        {
            var empty = Path.Combine(folder.FullName, "Empty.psd1");
            await File.WriteAllTextAsync(empty, "@{ ModuleVersion = '1.0'; CmdletsToExport = @(); FunctionsToExport = @(); AliasesToExport = @(); VariablesToExport = @() }");
            var module = Path.Combine(Root(), "out", "ShoreGuard.Rollback", "ShoreGuard.Rollback.psd1");
            log($"Import time, {Runs} fresh processes each ...");

            // The first of each warms the file cache and does not count; then they take turns, so that neither gets the quieter machine.
            await Time(module);
            await Time(empty);
            var (ours, peer) = (new List<double>(), new List<double>());
            for (var i = 0; i < Runs; i++)
            {
                ours.Add(await Time(module));
                peer.Add(await Time(empty));
            }

            return new Measurement("Import-Module ShoreGuard.Rollback", "empty manifest", "ms", Measurement.Median(ours), Measurement.Median(peer), Runs);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> Time(string manifest)
    {
        var command = $"$w = [Diagnostics.Stopwatch]::StartNew(); Import-Module '{manifest.Replace("'", "''", StringComparison.Ordinal)}' -ErrorAction Stop; $w.Elapsed.TotalMilliseconds.ToString('r')";
        var host = Path.Combine(Root(), "eng", "PwshHost", "bin", "Release", "net10.0", "ShoreGuard.PwshHost.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", host, "-NoProfile", "-Command", command]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"Importing {manifest} failed with {process.ExitCode}: {output}");
        return double.Parse(output.Trim(), CultureInfo.InvariantCulture);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ShoreGuard.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The benchmarks are run from a checkout.");
        return folder;
    }
}
