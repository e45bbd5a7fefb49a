using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>What docker inspect shows before and after a rollback differs in nothing but what has to.</summary>
public sealed class FidelityTests : IDisposable
{
    // Ids and what is named after them, times, addresses, and what the engine counts.
    private static readonly string[] OfTheContainer =
    [
        "Id", "Created", "State", "LogPath", "ResolvConfPath", "HostnamePath", "HostsPath", "GraphDriver", "ExecIDs", "Config.Hostname", "RestartCount",
        "NetworkSettings.SandboxID", "NetworkSettings.SandboxKey", "NetworkSettings.*.EndpointID", "NetworkSettings.*.MacAddress",
        "NetworkSettings.*.IPAddress", "NetworkSettings.*.Aliases", "NetworkSettings.*.DNSNames", "NetworkSettings.EndpointID", "NetworkSettings.IPAddress", "NetworkSettings.MacAddress",
    ];

    // What the new image brings, and the labels in which Compose writes down which image it is.
    private static readonly string[] OfTheImage =
    [
        "Image", "Config.Image", "ImageManifestDescriptor", "Config.Labels.com.docker.compose.config-hash", "Config.Labels.com.docker.compose.image",
        "Config.Labels.org.opencontainers.image.version", "Config.Labels.org.opencontainers.image.revision", "Config.Labels.org.opencontainers.image.created",
    ];

    private readonly ModuleHost _host = new();

    [Fact]
    public void Of_a_compose_service()
    {
        using var project = StandInProject.Start("0.32.0");
        var before = Docker.Inspect(project.Container);
        _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();
        AssertSameButForTheImage(before, Docker.Inspect(project.Container));
    }

    [Fact]
    public void Of_a_container_with_options_of_many_kinds()
    {
        _ = Stack.Repository;
        var name = $"sgtest-fidelity-{Guid.NewGuid().ToString("n")[..8]}";
        Docker.Run("network", "create", "--subnet", "10.123.45.0/24", $"{name}-a");
        Docker.Run("network", "create", $"{name}-b");
        try
        {
            Docker.Run(
                "run", "--detach", "--name", name, "--hostname", "guard", "--network", $"name={name}-a,ip=10.123.45.7,alias=guard-a", "--publish", "127.0.0.1::8888",
                "--env", "SHOREGUARD_STANDIN_START_SECONDS=0", "--env", "MINE=a b", "--label", "mine=1", "--volume", $"{name}-data:/home/shoreguard/.config/shoreguard",
                "--volume", "/anonymous", "--tmpfs", "/scratch:size=1m", "--add-host", "other:10.0.0.9", "--dns", "10.0.0.53", "--restart", "on-failure:3",
                "--log-opt", "max-size=1m", "--memory", "256m", "--cpus", "1.5", "--pids-limit", "200", "--cap-drop", "NET_RAW", "--ulimit", "nofile=2000:3000",
                "--sysctl", "net.core.somaxconn=200", "--init", "--shm-size", "32m", "--stop-timeout", "7", "--stop-signal", "SIGINT", "--read-only",
                "--security-opt", "no-new-privileges", "--oom-score-adj", "100", "--health-interval", "7s", "--health-retries", "9", "--workdir", "/tmp",
                $"{Stack.Repository}:0.32.0");
            Docker.Run("network", "connect", "--alias", "guard-b", $"{name}-b", name);
            var before = Docker.Inspect(name);

            _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0 -Confirm:$false", name).ThrowIfFailed();

            var after = Docker.Inspect(name);
            Assert.Equal(AnonymousVolume(before), AnonymousVolume(after));
            // It is carried over by its name, which is how the engine then lists it; the host port was the engine's choice.
            foreach (var container in (JsonObject[])[before, after])
            {
                container["HostConfig"]!["Binds"] = null;
                container["Config"]!["Volumes"] = null;
                container["Mounts"] = new JsonArray([.. container["Mounts"]!.AsArray().OrderBy(mount => (string?)mount!["Destination"]).Select(mount => Without(mount!, "Mode"))]);
                container["NetworkSettings"]!["Ports"] = null;
            }
            AssertSameButForTheImage(before, after);
        }
        finally
        {
            Docker.Run("rm", "--force", "--volumes", name);
            Docker.Run("volume", "rm", "--force", $"{name}-data");
            Docker.Run("network", "rm", $"{name}-a", $"{name}-b");
        }
    }

    private static JsonNode Without(JsonNode mount, string name)
    {
        var copy = mount.DeepClone();
        ((JsonObject)copy).Remove(name);
        return copy;
    }

    private static string? AnonymousVolume(JsonObject container) =>
        (string?)container["Mounts"]!.AsArray().Single(mount => (string?)mount!["Destination"] == "/anonymous")!["Name"];

    internal static void AssertSameButForTheImage(JsonObject before, JsonObject after)
    {
        var allowed = OfTheContainer.Concat(OfTheImage).ToArray();
        Assert.Equal([], Differences("", before, after).Where(path => !allowed.Any(pattern => Matches(path, pattern))));
        Assert.Equal(UsersVariables(before), UsersVariables(after));
        Assert.Contains("SHOREGUARD_VERSION=0.27.0", Variables(after));
    }

    private static IEnumerable<string> Differences(string path, JsonNode? before, JsonNode? after)
    {
        if (path == "Config.Env")
            return [];
        if (before is JsonObject old && after is JsonObject now)
        {
            return old.Select(property => property.Key).Union(now.Select(property => property.Key))
                .SelectMany(name => Differences(path.Length == 0 ? name : $"{path}.{name}", old[name], now[name]));
        }
        return JsonNode.DeepEquals(before, after) ? [] : [path];
    }

    // A star stands for any names between, since those of networks have no dots.
    private static bool Matches(string path, string pattern) => pattern.Split('*') is [var start, var end]
        ? path.StartsWith(start, StringComparison.Ordinal) && path.EndsWith(end, StringComparison.Ordinal)
        : path == pattern || path.StartsWith(pattern + ".", StringComparison.Ordinal);

    private static IEnumerable<string> Variables(JsonObject container) => container["Config"]!["Env"]!.AsArray().Select(line => (string)line!);

    private static IEnumerable<string> UsersVariables(JsonObject container) =>
        Variables(container).Where(line => !line.StartsWith("SHOREGUARD_VERSION=", StringComparison.Ordinal)
            && !line.StartsWith("SHOREGUARD_GIT_SHA=", StringComparison.Ordinal) && !line.StartsWith("SHOREGUARD_BUILD_TIME=", StringComparison.Ordinal));

    public void Dispose() => _host.Dispose();
}
