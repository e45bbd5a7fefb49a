using System.Globalization;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>
/// How long Import-Module takes, timed inside fresh processes, against a manifest with nothing in it: what is
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
            await File.WriteAllTextAsync(
                empty, "@{ ModuleVersion = '1.0'; CmdletsToExport = @(); FunctionsToExport = @(); AliasesToExport = @(); VariablesToExport = @() }");
            log($"Import time, {Runs} fresh processes each ...");

            // The first of each warms the file cache and does not count; then they take turns, so that neither gets the quieter machine.
            await Time(Repository.Manifest);
            await Time(empty);
            var (ours, peer) = (new List<double>(), new List<double>());
            for (var i = 0; i < Runs; i++)
            {
                ours.Add(await Time(Repository.Manifest));
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
        var command = $"$w = [Diagnostics.Stopwatch]::StartNew(); Import-Module '{manifest.Replace("'", "''", StringComparison.Ordinal)}' -ErrorAction Stop; "
            + "$w.Elapsed.TotalMilliseconds.ToString('r')";
        var (output, code) = await Pwsh.Run(command);
        if (code != 0) throw new InvalidOperationException($"Importing {manifest} failed with {code}: {output}");
        return double.Parse(output.Trim(), CultureInfo.InvariantCulture);
    }
}
