using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>How long nobody is served while a release is switched, and what fails meanwhile, against <c>docker compose up -d</c> with the image
/// already pulled.</summary>
/// <remarks>The stand-in takes two seconds to start, as the real application does; PostgreSQL, one published port, or none and Caddy before it.</remarks>
internal static class SwitchOutage
{
    private const int Pairs = 10;
    private const string From = "0.32.0";
    private const string To = "0.27.0";
    private const string NeverReady = "0.30.0";

    private const double AddedTarget = 50;
    private const int GateSeconds = 6;
    private const int RefusedRounds = 3;
    private const string Peer = "docker compose up -d";
    private const string PatienceAndStart = $"the gate's patience plus one {Peer}";

    public static async Task<IReadOnlyList<Measurement>> Measure(Action<string> log) => [.. await MeasurePublished(log), .. await MeasureProxied(log)];

    private static async Task<IReadOnlyList<Measurement>> MeasurePublished(Action<string> log)
    {
        using var project = StandInProject.Start(From, "postgres");
        project.StartSeconds = 2;
        using var host = new ModuleHost();
        log($"Outage of a switch, {Pairs} interleaved rounds ...");
        await Deploy(project, To);
        var (hotSwap, whole, recreate, compose) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Pairs; round++)
        {
            hotSwap.Add((await Round(project, () => RollBack(host, project, $"-Version {To} -Strategy HotSwap"))).OutageMs);
            whole.Add((await Round(project, () => host.Run(Whole(project)).ThrowIfFailed())).OutageMs);
            compose.Add((await Round(project, () => project.Deploy(To))).OutageMs);
            recreate.Add((await Round(project, () => RollBack(host, project, $"-Version {To} -Strategy Recreate"))).OutageMs);
        }
        var failed = (await NeverReadyRound(host, project, "HotSwap")).Failed;
        var (dead, unready) = (new List<double>(), new List<double>());
        for (var round = 0; round < RefusedRounds; round++)
        {
            dead.Add((await NeverReadyRound(host, project, "Recreate")).OutageMs);
            unready.Add((await NeverReadyRound(host, project, "Recreate", "readyz")).OutageMs);
        }
        var bound = (GateSeconds * 1000) + Measurement.Median(compose);
        return
        [
            new("Outage of a switch, HotSwap", Peer, "ms", Measurement.Median(hotSwap), Measurement.Median(compose), Pairs),
            new("Outage of an image-only Invoke-ShoreGuardRollback, HotSwap", "Invoke-ShoreGuardImageRollback", "ms", Measurement.Median(whole),
                Measurement.Median(hotSwap), Pairs),
            new("What the journal adds to that outage", "target", "ms", Measurement.Median(whole) - Measurement.Median(hotSwap), AddedTarget, Pairs),
            new("Outage of a switch, Recreate", Peer, "ms", Measurement.Median(recreate), Measurement.Median(compose), Pairs),
            new("Failed requests when the target never becomes ready, HotSwap", "none", "requests", failed, 0, 1),
            new("Outage when the target never becomes ready, Recreate", PatienceAndStart, "ms", Measurement.Median(dead), bound, RefusedRounds),
            new("Time unready when the target never becomes ready, Recreate", PatienceAndStart, "ms", Measurement.Median(unready), bound, RefusedRounds),
        ];
    }

    // All rounds together: a median would hide the one in which something failed.
    private static async Task<IReadOnlyList<Measurement>> MeasureProxied(Action<string> log)
    {
        using var project = StandInProject.Start(From, "proxied");
        project.StartSeconds = 2;
        using var host = new ModuleHost();
        log($"Failed requests behind a proxy, {Pairs} interleaved rounds ...");
        await Deploy(project, To);
        var (blueGreen, compose) = (new List<Prober>(), new List<Prober>());
        for (var round = 0; round < Pairs; round++)
        {
            blueGreen.Add(await Round(project, () => RollBack(host, project, $"-Version {To} -Strategy BlueGreen")));
            compose.Add(await Round(project, () => project.Deploy(To)));
        }
        var failed = (await NeverReadyRound(host, project, "BlueGreen")).Failed;
        return
        [
            new($"Failed requests in {Pairs} switches behind Caddy, BlueGreen", Peer, "requests", blueGreen.Sum(round => round.Failed),
                compose.Sum(round => round.Failed), Pairs),
            new("Outage of a switch behind Caddy, BlueGreen", Peer, "ms", Measurement.Median(blueGreen.Select(round => round.OutageMs)),
                Measurement.Median(compose.Select(round => round.OutageMs)), Pairs),
            new("Failed requests when the target never becomes ready, BlueGreen", "none", "requests", failed, 0, 1),
        ];
    }

    private static async Task<Prober> Round(StandInProject project, Action change)
    {
        await Deploy(project, From);
        await using var prober = new Prober(project.Uri);
        await Task.Delay(200);
        change();
        project.WaitUntil($"at {To}", () => project.AnsweringVersion == To);
        await Task.Delay(200);
        return prober;
    }

    private static async Task<Prober> NeverReadyRound(ModuleHost host, StandInProject project, string strategy, string path = "healthz")
    {
        await using var prober = new Prober(project.Uri, path);
        await Task.Delay(200);
        var run = host.Run(Command(project, $"-Version {NeverReady} -Strategy {strategy} -GateTimeoutSec {GateSeconds}"));
        if (run.Errors is not [var error] || !error.FullyQualifiedErrorId.StartsWith("GateRefused,", StringComparison.Ordinal))
            throw new InvalidOperationException($"The gate did not refuse {NeverReady}: {string.Join("; ", run.Errors)}");
        while (!project.Answers("readyz"))
            await Task.Delay(50);
        await Task.Delay(200);
        return prober;
    }

    private static void RollBack(ModuleHost host, StandInProject project, string arguments) => host.Run(Command(project, arguments)).ThrowIfFailed();

    // -Force, since the release that is rolled back is not what its tag says.
    private static string Whole(StandInProject project) =>
        $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardRollback -Version {To} -Switch HotSwap -Force -NoBlock -StabilitySec 1 "
            + $"-BackupFolder '{project.Folder}' -Confirm:$false -WarningAction SilentlyContinue";

    private static string Command(StandInProject project, string arguments) =>
        $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback {arguments} -StabilitySec 1 -Confirm:$false";

    private static async Task Deploy(StandInProject project, string version)
    {
        project.Deploy(version);
        while (project.AnsweringVersion is null || !project.Answers("readyz"))
            await Task.Delay(50);
    }
}
