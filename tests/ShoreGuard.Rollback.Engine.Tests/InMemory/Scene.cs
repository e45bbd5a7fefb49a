using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>A machine on which a release is deployed, with its operators and everybody else who has their hands on it.</summary>
internal sealed class Scene : IDisposable
{
    private const string Volume = "sg-data";

    private readonly int _port = MemoryWorld.FreePort();
    private readonly List<string> _acknowledged = [];

    public Scene()
    {
        foreach (var release in Releases)
            World.Add(release);
        World.Registry.AddRange(Releases);
        Operator = new(World, State("one"));
        Other = new(World, State("two"));
    }

    /// <summary>Good ones, one that is never ready, and one that crashes.</summary>
    public static IReadOnlyList<MemoryRelease> Releases { get; } =
    [
        new("0.26.0", 15), new("0.27.0", 16), new("0.27.1", 16), new("0.27.2", 16, Behaviour.NeverReady), new("0.27.3", 16, Behaviour.CrashesAtStart), new("0.28.0", 17),
    ];

    public MemoryWorld World { get; } = new();
    public Operator Operator { get; }
    /// <summary>One with another state folder.</summary>
    public Operator Other { get; }
    /// <summary>The gateways of which the application has said that they are registered.</summary>
    public IReadOnlyList<string> Acknowledged => _acknowledged;

    public string State(string whose) => Path.Combine(World.Folder, "state", whose);

    public MemoryContainer? Container(string name = Operator.Name) => World.Find(name);

    /// <summary>Deploys a release, as <c>docker run</c> does.</summary>
    public void Deploy(string version)
    {
        lock (World.Gate)
            World.Start(World.Create(Operator.Name, Body(version)));
    }

    private JsonObject Body(string version) => new()
    {
        ["Image"] = $"{MemoryRelease.Repository}:{version}",
        ["Labels"] = new JsonObject { ["com.docker.compose.service"] = "shoreguard" },
        ["HostConfig"] = new JsonObject
        {
            ["Binds"] = new JsonArray($"{Volume}:/home/shoreguard/.config/shoreguard"),
            ["PortBindings"] = new JsonObject { ["8888/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = $"{_port}" }) },
            ["NetworkMode"] = "net",
        },
        ["ExposedPorts"] = new JsonObject { ["8888/tcp"] = new JsonObject() },
    };

    /// <summary>The container that serves where the deployment is published; null when none does.</summary>
    public MemoryContainer? Serving => World.Containers.FirstOrDefault(container => container.Application is not null && World.PublishedPort(container) is not null);

    public string? ServingVersion => Serving is { } container ? (string?)container.Image["Config"]?["Labels"]?["org.opencontainers.image.version"] : null;

    public IReadOnlyList<string> ServedGateways => MemoryApplication.GatewaysOf(Path.Combine(World.VolumePath(Volume), "shoreguard.db"));

    /// <summary>Registers a gateway with whatever serves.</summary>
    /// <returns>Whether it was acknowledged.</returns>
    public bool Register(string gateway)
    {
        if (Serving is not { } container)
            return false;
        container.Application!.Register(gateway);
        _acknowledged.Add(gateway);
        return true;
    }

    /// <summary>Containers, networks and files that only exist while something is changed.</summary>
    public IReadOnlyList<string> LeftOvers =>
    [
        .. World.Containers.Select(container => container.Name).Concat(World.NetworkNames).Where(name => name.Contains("shoreguard-", StringComparison.Ordinal)),
        .. Directory.EnumerateFiles(World.Folder, "*", SearchOption.AllDirectories).Where(path => path.EndsWith(".partial", StringComparison.Ordinal) || path.EndsWith(".tmp", StringComparison.Ordinal)),
    ];

    public void AssertNothingIsLeftOver() => Assert.Empty(LeftOvers);

    public void Dispose() => World.Dispose();
}
