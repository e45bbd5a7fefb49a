using System.Diagnostics;
using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>How long it takes to describe two hundred containers, against <c>docker ps</c> and one <c>docker inspect</c> of all of them.</summary>
internal static class ManyContainers
{
    private const int Containers = 200;
    private const int Runs = 7;

    public static Measurement Measure(Action<string> log)
    {
        var service = $"bench-{Guid.NewGuid().ToString("n")[..8]}";
        var label = $"label=com.docker.compose.service={service}";
        try
        {
            log($"Describing {Containers} containers, {Runs} interleaved runs ...");
            Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.27.0");
            for (var number = 0; number < Containers; number++)
                Docker.Run("create", "--label", $"com.docker.compose.service={service}", "--label", $"com.docker.compose.project={service}-{number}", "--name",
                    $"{service}-{number}", $"{Stack.Repository}:0.27.0");
            using var shell = new ModuleHost();
            _ = Ours(shell, service);
            _ = Docker.Run("ps", "--all", "--quiet", "--filter", label);
            var (ours, peer) = (new List<double>(), new List<double>());
            for (var run = 0; run < Runs; run++)
            {
                ours.Add(Ours(shell, service));
                peer.Add(Peer(label));
            }
            return new($"Get-ShoreGuardDeployment, {Containers} containers", "docker ps and docker inspect of all", "ms", Measurement.Median(ours),
                Measurement.Median(peer), Runs);
        }
        finally
        {
            var ids = Ids(label);
            if (ids.Length > 0)
                Docker.Run(["rm", "--force", "--volumes", .. ids]);
        }
    }

    private static double Ours(ModuleHost shell, string service)
    {
        var clock = Stopwatch.StartNew();
        var found = shell.Run($"Get-ShoreGuardDeployment -Service {service}").ThrowIfFailed().Output.Count;
        clock.Stop();
        return found == Containers ? clock.Elapsed.TotalMilliseconds : throw new InvalidOperationException($"{found} deployments instead of {Containers}.");
    }

    private static double Peer(string label)
    {
        var clock = Stopwatch.StartNew();
        Docker.Run(["inspect", .. Ids(label)]);
        return clock.Elapsed.TotalMilliseconds;
    }

    private static string[] Ids(string label) => Docker.Run("ps", "--all", "--quiet", "--filter", label).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
