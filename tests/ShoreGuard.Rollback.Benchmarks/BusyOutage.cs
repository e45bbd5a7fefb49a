using System.Diagnostics;
using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>How long nobody is served where both the application's start and somebody else need the processor, against <c>docker compose up -d</c>.</summary>
/// <remarks>The stand-in works the processor for two seconds at its start, as the real application does, and one more process keeps every core busy.</remarks>
internal static class BusyOutage
{
    private const int Pairs = 10;
    private const string From = "0.32.0";
    private const string To = "0.27.0";
    private const string Peer = "docker compose up -d";
    private const double WorkerTarget = 5;

    public static async Task<IReadOnlyList<Measurement>> Measure(Action<string> log) =>
        [.. await MeasureOn("sqlite", log), .. await MeasureOn("postgres", log)];

    private static async Task<IReadOnlyList<Measurement>> MeasureOn(string database, Action<string> log)
    {
        using var project = StandInProject.Start(To, database);
        project.StartWorkSeconds = 2;
        using var load = new BusyProcess();
        log($"Outage of a switch on busy processors, {database}, {Pairs} interleaved rounds ...");
        var (recreate, hotSwap, compose) = (new List<Prober>(), new List<Prober>(), new List<Prober>());
        for (var round = 0; round < Pairs; round++)
        {
            compose.Add(await Round(project, _ => project.Deploy(To)));
            recreate.Add(await Round(project, prober => RollBack(project, "Recreate", prober)));
            hotSwap.Add(await Round(project, prober => RollBack(project, "HotSwap", prober)));
            log($"  {compose[^1].OutageMs:0} ms by Compose, {recreate[^1].OutageMs:0} ms Recreate ({recreate[^1].WorkerPercent:0.0} % of a "
                + $"core), {hotSwap[^1].OutageMs:0} ms HotSwap");
        }
        return
        [
            new($"Outage of a switch on busy processors, {database}, Recreate", Peer, "ms", Median(recreate), Median(compose), Pairs),
            new($"Outage of a switch on busy processors, {database}, HotSwap", Peer, "ms", Median(hotSwap), Median(compose), Pairs),
            new($"What of a processor our own process takes during that, {database}, Recreate", "target", "%",
                Measurement.Median(recreate.Select(round => round.WorkerPercent)), WorkerTarget, Pairs),
        ];
    }

    private static double Median(IEnumerable<Prober> rounds) => Measurement.Median(rounds.Select(round => round.OutageMs));

    private static async Task<Prober> Round(StandInProject project, Action<Prober> change)
    {
        project.Deploy(From);
        while (project.AnsweringVersion is null || !project.Answers("readyz"))
            await Task.Delay(50);
        await using var prober = new Prober(project.Uri);
        await Task.Delay(200);
        change(prober);
        project.WaitUntil($"at {To}", () => project.AnsweringVersion == To);
        await Task.Delay(200);
        return prober;
    }

    // In a process of its own, as an operator begins it: nothing of it is compiled yet.
    private static void RollBack(StandInProject project, string strategy, Prober prober)
    {
        var start = Pwsh.StartWithModule(
            $"$ErrorActionPreference = 'Stop'; Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version {To} "
            + $"-Strategy {strategy} -StabilitySec 1 -Confirm:$false");
        using var process = Process.Start(start)!;
        prober.Worker = process;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        prober.Worker = null;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The rollback failed: {error.Result}");
    }

    private sealed class BusyProcess : IDisposable
    {
        private readonly Process _process = Process.Start(
            "sh", ["-c", $"for core in $(seq {Environment.ProcessorCount}); do while :; do :; done & done; wait"]);

        public void Dispose()
        {
            _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }
    }
}
