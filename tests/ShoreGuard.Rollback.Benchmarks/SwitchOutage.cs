using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>How long nobody is served while a release is switched, against <c>docker compose up -d</c> with the image already pulled.</summary>
/// <remarks>The stand-in takes two seconds to start, as the real application does; PostgreSQL, one published port.</remarks>
internal static class SwitchOutage
{
    private const int Pairs = 10;
    private const string From = "0.32.0";
    private const string To = "0.27.0";
    private const string NeverReady = "0.30.0";

    public static async Task<IReadOnlyList<Measurement>> Measure(Action<string> log)
    {
        using var project = StandInProject.Start(From, "postgres");
        project.StartSeconds = 2;
        using var host = new ModuleHost();
        log($"Outage of a switch, {Pairs} interleaved rounds ...");
        await Deploy(project, To);
        var (hotSwap, recreate, compose) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Pairs; round++)
        {
            hotSwap.Add(await Round(project, () => RollBack(host, project, $"-Version {To} -Strategy HotSwap")));
            compose.Add(await Round(project, () => project.Deploy(To)));
            recreate.Add(await Round(project, () => RollBack(host, project, $"-Version {To} -Strategy Recreate")));
        }
        var failed = await FailedRequests(host, project);
        const string Peer = "docker compose up -d";
        return
        [
            new("Outage of a switch, HotSwap", Peer, "ms", Measurement.Median(hotSwap), Measurement.Median(compose), Pairs),
            new("Outage of a switch, Recreate", Peer, "ms", Measurement.Median(recreate), Measurement.Median(compose), Pairs),
            new("Failed requests when the target never becomes ready, HotSwap", "none", "requests", failed, 0, 1),
        ];
    }

    private static async Task<double> Round(StandInProject project, Action change)
    {
        await Deploy(project, From);
        await using var prober = new Prober(project.Uri);
        await Task.Delay(200);
        change();
        project.WaitUntil($"at {To}", () => project.AnsweringVersion == To);
        await Task.Delay(200);
        return prober.OutageMs;
    }

    private static async Task<int> FailedRequests(ModuleHost host, StandInProject project)
    {
        await using var prober = new Prober(project.Uri);
        host.Run(Command(project, $"-Version {NeverReady} -Strategy HotSwap -GateTimeoutSec 6"));
        return prober.Failed;
    }

    private static void RollBack(ModuleHost host, StandInProject project, string arguments) => host.Run(Command(project, arguments)).ThrowIfFailed();

    private static string Command(StandInProject project, string arguments) =>
        $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback {arguments} -StabilitySec 1 -Confirm:$false";

    private static async Task Deploy(StandInProject project, string version)
    {
        project.Deploy(version);
        while (project.AnsweringVersion is null || !project.Answers("readyz"))
            await Task.Delay(50);
    }
}
