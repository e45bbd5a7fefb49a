using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>A machine with an engine in memory: containers, networks, volumes with real files, images with migrations. What it does is what
/// <see cref="ContainerEngineContract"/> has seen of the real ones.</summary>
internal sealed class MemoryWorld : IDisposable
{
    private const string Scheme = "memory";
    // No disk has to be waited for, where the system has a file system in memory.
    private static readonly string Memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
    private static readonly ConcurrentDictionary<string, MemoryWorld> Worlds = new();

    private readonly Dictionary<string, (string Id, bool IsInternal, JsonObject Labels)> _networks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _addresses = new(StringComparer.Ordinal);
    private int _nextAddress = 2;

    static MemoryWorld() => ContainerEngines.Further[Scheme] = host => new MemoryEngine(Worlds[host]);

    public MemoryWorld()
    {
        Host = $"{Scheme}://{Guid.NewGuid():n}";
        Worlds[Host] = this;
        AddNetwork("bridge", isInternal: false, []);
        AddNetwork("net", isInternal: false, []);
    }

    public string Host { get; }
    /// <summary>What the engine says it runs on.</summary>
    public string EngineSystem { get; set; } = "Debian GNU/Linux 12";
    public string Folder { get; } = Directory.CreateDirectory(Path.Combine(Memory, $"memory-world-{Guid.NewGuid():n}")).FullName;
    public ScaledClock Clock { get; } = new ScaledClock(20);
    public List<MemoryContainer> Containers { get; } = [];
    /// <summary>The images on the engine.</summary>
    public Dictionary<string, MemoryRelease> Images { get; } = new(StringComparer.Ordinal);
    /// <summary>The images in the registry.</summary>
    public List<MemoryRelease> Registry { get; } = [];
    public IEnumerable<string> NetworkNames => _networks.Keys;
    /// <summary>Whether the engine refuses whatever would change something, as one that may be read only does.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Called before each change, with what it is: what somebody else does just then.</summary>
    public Action<string>? Meanwhile { get; set; }
    public Lock Gate { get; } = new();

    /// <summary>A port of the host that nobody has, below those that the system gives out by itself (32768 and above on Linux).</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = 20_000 + (Interlocked.Increment(ref _lastPort) % 10_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    private static int _lastPort = Environment.ProcessId;

    public MemoryContainer? Find(string idOrName) =>
        Containers.FirstOrDefault(container => container.Name == idOrName.TrimStart('/') || container.Id == idOrName)
        ?? (idOrName.Length >= 12 ? Containers.FirstOrDefault(container => container.Id.StartsWith(idOrName, StringComparison.Ordinal)) : null);

    public MemoryContainer Get(string idOrName, string what) => Find(idOrName) ?? throw Refuse(what, 404, $"No such container: {idOrName}");

    public MemoryRelease? FindImage(string reference) => Images.Values.FirstOrDefault(image =>
        reference == image.Id
            || reference == image.Reference || reference == $"{MemoryRelease.Repository}@{image.Digest}" || reference == $"{image.Reference}@{image.Digest}");

    public ShoreGuardException Refuse(string what, int status, string message) => Errors.EngineRefused(Host, what, status, message);

    public string VolumePath(string name)
    {
        var path = Path.Combine(Folder, "volumes", name);
        Directory.CreateDirectory(path);
        return path;
    }

    public MemoryContainer Create(string name, JsonObject body)
    {
        if (Containers.FirstOrDefault(container => container.Name == name) is { } taken)
            throw Refuse($"create container {name}", 409,
                $"Conflict. The container name \"/{name}\" is already in use by container \"{taken.Id}\". You have to remove (or rename) that container to be "
                + "able to reuse that name.");
        var image = FindImage((string)body["Image"]!)?.Describe() ?? throw Refuse($"create container {name}", 404, $"No such image: {(string)body["Image"]!}");
        var id = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
        var hostConfig = (JsonObject?)body["HostConfig"]?.DeepClone() ?? [];
        hostConfig["NetworkMode"] ??= "default";
        var container = new MemoryContainer
        {
            Id = id,
            Name = name,
            Image = image,
            Config = Merge(body, image, id),
            HostConfig = hostConfig,
            Mounts = MountsOf(hostConfig),
            Created = DateTimeOffset.UtcNow,
        };
        Attach(container, body);
        Containers.Add(container);
        return container;
    }

    // As the engine merges an image's settings into a container's.
    private static JsonObject Merge(JsonObject body, JsonObject image, string id)
    {
        var config = (JsonObject)body.DeepClone();
        config.Remove("HostConfig");
        config.Remove("NetworkingConfig");
        config["Hostname"] ??= id[..12];
        var baked = (JsonObject)image["Config"]!;
        var own = ((JsonArray?)config["Env"] ?? []).Select(line => (string)line!).ToList();
        var names = own.Select(line => line.Split('=')[0]).ToHashSet(StringComparer.Ordinal);
        var inherited = ((JsonArray)baked["Env"]!).Select(line => (string)line!).Where(line => !names.Contains(line.Split('=')[0]));
        config["Env"] = new JsonArray([.. own.Concat(inherited).Select(line => JsonValue.Create(line))]);
        config["Entrypoint"] ??= baked["Entrypoint"]!.DeepClone();
        var labels = (JsonObject)baked["Labels"]!.DeepClone();
        foreach (var (label, value) in (JsonObject?)config["Labels"] ?? [])
            labels[label] = value?.DeepClone();
        config["Labels"] = labels;
        return config;
    }

    private JsonArray MountsOf(JsonObject hostConfig)
    {
        var mounts = new JsonArray();
        foreach (var bind in ((JsonArray?)hostConfig["Binds"] ?? []).Select(bind => ((string)bind!).Split(':')))
        {
            mounts.Add((JsonNode)new JsonObject { ["Type"] = "volume", ["Name"] = bind[0], ["Source"] = VolumePath(bind[0]), ["Destination"] = bind[1],
                ["RW"] = true });
        }
        return mounts;
    }

    private void Attach(MemoryContainer container, JsonObject body)
    {
        var mode = (string)container.HostConfig["NetworkMode"]!;
        if (mode is "none" or "host")
            return;
        var network = mode == "default" ? "bridge" : mode;
        RequireNetwork(network, $"create container {container.Name}");
        container.Networks[network] = (JsonObject?)body["NetworkingConfig"]?["EndpointsConfig"]?[network]?.DeepClone() ?? [];
    }

    public void AddNetwork(string name, bool isInternal, JsonObject labels)
    {
        if (!_networks.TryAdd(name, ($"{Guid.NewGuid():n}{Guid.NewGuid():n}", isInternal, labels)))
            throw Refuse($"create network {name}", 409, $"network with name {name} already exists");
    }

    public void RemoveNetwork(string name)
    {
        RequireNetwork(name, $"remove network {name}");
        if (Containers.Any(container => container.IsRunning && container.Networks.ContainsKey(name)))
            throw Refuse($"remove network {name}", 403, $"error while removing network: network {name} has active endpoints");
        _networks.Remove(name);
    }

    public JsonObject? DescribeNetwork(string name) => !_networks.TryGetValue(name, out var network) ? null : new()
    {
        ["Name"] = name,
        ["Id"] = network.Id,
        ["Driver"] = "bridge",
        ["Internal"] = network.IsInternal,
        ["Labels"] = network.Labels.DeepClone(),
        ["Containers"] = new JsonObject(Containers.Where(container => container.IsRunning && container.Networks.ContainsKey(name))
            .Select(container => KeyValuePair.Create(container.Id, (JsonNode?)new JsonObject { ["Name"] = container.Name }))),
    };

    public void Connect(string network, MemoryContainer container, JsonObject endpoint)
    {
        RequireNetwork(network, $"connect to network {network}");
        // Of one that does not run, it is a setting, which may be made twice.
        if (!container.Networks.TryAdd(network, endpoint) && container.IsRunning)
            throw Refuse($"connect to network {network}", 403, $"endpoint with name {container.Name} already exists in network {network}");
        container.Networks[network] = endpoint;
        try
        {
            Publish(container);
        }
        catch
        {
            container.Networks.Remove(network);
            throw;
        }
    }

    public void Disconnect(string network, MemoryContainer container)
    {
        if (!container.Networks.Remove(network))
            throw Refuse(
                $"disconnect container {container.Id[..12]} from network {network}", 403, $"container {container.Id} is not connected to network {network}");
        Publish(container);
    }

    private void RequireNetwork(string name, string what)
    {
        if (!_networks.ContainsKey(name))
            throw Refuse(what, 404, $"network {name} not found");
    }

    /// <summary>Where a container is published now.</summary>
    public int? PublishedPort(MemoryContainer container) =>
        container.IsRunning && container.WantedPort is { } port
            && container.Networks.Keys.Any(name => _networks.TryGetValue(name, out var network) && !network.IsInternal) ? port : null;

    // A port has one holder at a time.
    private void Publish(MemoryContainer container)
    {
        var port = PublishedPort(container);
        if (port is not null && Containers.Any(other => other != container && PublishedPort(other) == port))
            throw Refuse($"start container {container.Id[..12]}", 500,
                $"driver failed programming external connectivity: Bind for 127.0.0.1:{port} failed: port is already allocated");
        container.Application?.Publish(port);
    }

    public void Start(MemoryContainer container)
    {
        if (container.IsRunning)
            return;
        foreach (var network in container.Networks.Keys)
            RequireNetwork(network, $"start container {container.Id[..12]}");
        container.Status = "running";
        try
        {
            Publish(container);
        }
        catch
        {
            container.Status = container.StartedAt is null ? "created" : "exited";
            throw;
        }
        container.StartedAt = DateTimeOffset.UtcNow;
        container.Ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Run(container);
    }

    private void Run(MemoryContainer container)
    {
        var command = container.Command;
        if (command is ["sleep", ..])
            return;
        if (command.Contains(Scripts.Probe))
        {
            container.Log.Add(ReleaseOf(container).Migrations);
            End(container, 0);
            return;
        }
        if (command.Contains(Scripts.Downgrade))
        {
            using var database = MemoryApplication.Open(DatabaseOf(container)!);
            MemoryRelease.Downgrade(database, container.Variable("SHOREGUARD_ROLLBACK_TO")!, () => true);
            End(container, 0);
            return;
        }
        container.Application = DatabaseOf(container) is { } path ? MemoryApplication.Start(ReleaseOf(container), path, container.Log) : null;
        if (container.Application is null)
            End(container, 1);
        else
            container.Application.Publish(PublishedPort(container));
    }

    private static MemoryRelease ReleaseOf(MemoryContainer container) => Known[(string)container.Image["Id"]!];

    // Of images that are not on the engine any more, their containers still run.
    private static readonly ConcurrentDictionary<string, MemoryRelease> Known = new();

    public void Add(MemoryRelease release)
    {
        Known[release.Id] = release;
        Images[release.Id] = release;
    }

    /// <summary>Where on this machine the SQLite file of a container is.</summary>
    public static string? DatabaseOf(MemoryContainer container) => container.HostPath("/home/shoreguard/.config/shoreguard/shoreguard.db");

    public static void Stop(MemoryContainer container)
    {
        if (container.IsRunning)
            End(container, 0);
    }

    private static void End(MemoryContainer container, int exitCode)
    {
        container.Application?.Dispose();
        container.Application = null;
        (container.Status, container.ExitCode, container.FinishedAt) = ("exited", exitCode, DateTimeOffset.UtcNow);
        container.Ended.TrySetResult();
    }

    public void Remove(MemoryContainer container)
    {
        Stop(container);
        container.Ended.TrySetResult();
        Containers.Remove(container);
    }

    public void Rename(MemoryContainer container, string name)
    {
        if (container.Name == name)
            throw Refuse($"rename container {container.Id[..12]} to {name}", 409, "Renaming a container with the same name as its current name");
        if (Containers.FirstOrDefault(other => other.Name == name) is { } taken)
            throw Refuse($"rename container {container.Id[..12]} to {name}", 409,
                $"Conflict. The container name \"/{name}\" is already in use by container \"{taken.Id}\". You have to remove (or rename) that container to be "
                + "able to reuse that name.");
        container.Name = name;
    }

    public JsonObject Describe(MemoryContainer container) => container.Describe(
        container.Networks.Keys.ToDictionary(name => name,
        name => (_networks.TryGetValue(name, out var network) ? network.Id : "", container.IsRunning ? Address(container, name) : null),
        StringComparer.Ordinal),
        PublishedPort(container));

    // Of documentation's own range (RFC 5737), which no network here has.
    private string Address(MemoryContainer container, string network)
    {
        if (!_addresses.TryGetValue($"{container.Id} {network}", out var address))
            _addresses[$"{container.Id} {network}"] = address = string.Create(CultureInfo.InvariantCulture, $"192.0.2.{_nextAddress++ % 250 + 2}");
        return address;
    }

    public void Dispose()
    {
        foreach (var container in Containers)
            container.Application?.Dispose();
        Worlds.TryRemove(Host, out _);
        Directory.Delete(Folder, recursive: true);
    }
}
