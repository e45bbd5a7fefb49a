using System.Diagnostics;
using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>How long it takes to think a rollback through: in a fresh process with empty caches, and once more in a session that knows the images.</summary>
internal static class Planning
{
    private const int Runs = 7;
    private const double ColdTarget = 3000, CachedTarget = 500;

    public static IReadOnlyList<Measurement> Measure(Action<string> log) => [.. Measure("sqlite", log), .. Measure("postgres", log)];

    private static IReadOnlyList<Measurement> Measure(string database, Action<string> log)
    {
        log($"Planning a rollback that downgrades, {database}, {Runs} runs ...");
        using var project = StandInProject.Start("0.27.0", database);
        project.Deploy("0.28.0");
        project.WaitUntil("live", () => project.AnsweringVersion == "0.28.0");
        var plan = $"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardRollbackPlan -Version 0.27.0 -BackupFolder '{project.Folder}'";
        var cache = Directory.CreateTempSubdirectory("shoreguard-bench-cache-");
        var before = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache.FullName);
        try
        {
            var (cold, cached) = (new List<double>(), new List<double>());
            for (var run = 0; run < Runs; run++)
            {
                cache.Delete(recursive: true);
                cold.Add(FreshProcess.Cmdlet($"({plan})", "$r.Strategy", "").Seconds * 1000);
            }
            using var shell = new ModuleHost();
            shell.Run(plan).ThrowIfFailed();
            for (var run = 0; run < Runs; run++)
                cached.Add(Plan(shell, plan, run == 0 ? log : null));
            return
            [
                new($"Get-ShoreGuardRollbackPlan, {database}, fresh process and empty caches", "target", "ms", Measurement.Median(cold), ColdTarget, Runs),
                new($"Get-ShoreGuardRollbackPlan, {database}, cached", "target", "ms", Measurement.Median(cached), CachedTarget, Runs),
            ];
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", before);
            if (Directory.Exists(cache.FullName))
                Directory.Delete(cache.FullName, recursive: true);
        }
    }

    private static double Plan(ModuleHost shell, string plan, Action<string>? log)
    {
        var clock = Stopwatch.StartNew();
        var run = shell.Run($"{plan} -Verbose").ThrowIfFailed();
        clock.Stop();
        foreach (var line in run.Verbose.Where(line => line.StartsWith("Planned in ", StringComparison.Ordinal)))
            log?.Invoke(line);
        return run.Output.Count == 1 ? clock.Elapsed.TotalMilliseconds : throw new InvalidOperationException($"{run.Output.Count} plans.");
    }
}
