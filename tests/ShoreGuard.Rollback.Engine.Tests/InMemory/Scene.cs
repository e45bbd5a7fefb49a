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
        new("0.26.0", 15), new("0.27.0", 16), new("0.27.1", 16), new("0.27.2", 16, Behaviour.NeverReady), new("0.27.3", 16, Behaviour.CrashesAtStart),
            new("0.28.0", 17),
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
    public MemoryContainer? Serving =>
        World.Containers.FirstOrDefault(container => container.Application is not null && World.PublishedPort(container) is not null);

    public string? ServingVersion => Serving is { } container ? Version(container) : null;

    public IReadOnlyList<string> ServedGateways => MemoryApplication.GatewaysOf(DatabasePath);

    /// <summary>The file of the deployment's database.</summary>
    public string DatabasePath => Path.Combine(World.VolumePath(Volume), "shoreguard.db");

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

    /// <summary>Gives a gateway another name with whatever serves.</summary>
    public void Rename(string gateway, string name)
    {
        if (Serving?.Application?.Rename(gateway, name) != true)
            return;
        _acknowledged.Remove(gateway);
        _acknowledged.Add(name);
    }

    /// <summary>A backup of the database as it was before its last migration, with what is registered now.</summary>
    public string OldBackup()
    {
        var path = Path.Combine(World.Folder, "backups", "shoreguard-20260101T000000Z.sqlite");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var source = MemoryApplication.Open(DatabasePath))
        using (var target = MemoryApplication.Open(path, create: true))
        {
            source.BackupDatabase(target);
            MemoryRelease.Downgrade(target, "016", () => true);
        }
        return path;
    }

    /// <summary>The databases on the machine that have a gateway.</summary>
    public IEnumerable<string> FilesWith(string gateway) => Directory.EnumerateFiles(World.Folder, "*", SearchOption.AllDirectories)
        .Where(path => !path.Contains(".gone", StringComparison.Ordinal) && IsDatabase(path) && MemoryApplication.GatewaysOf(path).Contains(gateway));

    private static bool IsDatabase(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[15];
        return file.Length > 1000
            && file.Read(head) == head.Length && head.SequenceEqual("SQLite format 3"u8) && !path.EndsWith("journal.db", StringComparison.Ordinal);
    }

    /// <summary>What hands do.</summary>
    public void Do(Hands hands)
    {
        lock (World.Gate)
            Try(hands);
        if (hands is Hands.Up or Hands.ForceRecreate or Hands.Write or Hands.StartEverything)
            Register($"by hand {hands}");
        if (hands is Hands.UpAndChange or Hands.Change)
            Rename("before", $"changed by hand {hands}");
    }

    private void Try(Hands hands)
    {
        var own = World.Containers.Where(container =>
            container.Name.StartsWith(Operator.Name, StringComparison.Ordinal) && !container.Name.Contains("-lock", StringComparison.Ordinal)).ToList();
        var old = own.Find(container => container.Name.Contains("-old-", StringComparison.Ordinal));
        var helpers = World.Containers.Where(container => container.Name.StartsWith("shoreguard-", StringComparison.Ordinal)).ToList();
        try
        {
            switch (hands)
            {
                case Hands.Up or Hands.UpAndChange when (old ?? Container()) is { } deployed:
                    // Compose goes by labels and not by names, and stops what it has too much.
                    own.Where(container => container != deployed).ToList().ForEach(MemoryWorld.Stop);
                    World.Start(deployed);
                    break;
                case Hands.ForceRecreate:
                    own.ForEach(World.Remove);
                    Deploy(own.Exists(container => Version(container) == "0.28.0") ? "0.28.0" : "0.27.1");
                    break;
                case Hands.Down:
                    own.ForEach(World.Remove);
                    break;
                case Hands.RemoveOld when (old ?? Container()) is { } container:
                    World.Remove(container);
                    break;
                case Hands.RemoveNew:
                    own.Where(container => container != old && (old is not null || container.Name != Operator.Name)).ToList().ForEach(World.Remove);
                    break;
                case Hands.RemoveHelpers:
                    helpers.ForEach(World.Remove);
                    break;
                case Hands.StartEverything:
                    own.ForEach(container => Try(() => World.Start(container)));
                    break;
                case Hands.DeleteBackups:
                    Directory.EnumerateFiles(World.Folder, "*", SearchOption.AllDirectories)
                        .Where(path => path.Contains("/backups/", StringComparison.Ordinal)).ToList().ForEach(File.Delete);
                    break;
                case Hands.PruneImages:
                    World.Images.Values.Where(image => !World.Containers.Exists(container => container.IsRunning && (string)container.Image["Id"]! == image.Id))
                        .ToList().ForEach(image => World.Images.Remove(image.Id));
                    break;
                case Hands.RemoveNetworks:
                    World.NetworkNames.Where(name => name.Contains("-gate-", StringComparison.Ordinal))
                        .ToList().ForEach(name => Try(() => World.RemoveNetwork(name)));
                    break;
                case Hands.RemoveLock:
                    World.Containers.Where(container => container.Name.Contains("-lock", StringComparison.Ordinal)).ToList().ForEach(World.Remove);
                    break;
            }
        }
        catch (ShoreGuardException)
        {
            // What the engine refuses a hand has not done.
        }
    }

    private static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (ShoreGuardException)
        {
            // As above.
        }
    }

    private static string? Version(MemoryContainer container) => (string?)container.Image["Config"]?["Labels"]?["org.opencontainers.image.version"];

    /// <summary>Containers, networks and files that only exist while something is changed.</summary>
    public IReadOnlyList<string> LeftOvers =>
    [
        .. World.Containers.Select(container => container.Name)
            .Concat(World.NetworkNames).Where(name => name.Contains("shoreguard-", StringComparison.Ordinal)),
        .. Directory.EnumerateFiles(World.Folder, "*", SearchOption.AllDirectories).Where(path => !path.Contains(".gone", StringComparison.Ordinal)
            && (path.EndsWith(".partial", StringComparison.Ordinal) || path.EndsWith(".tmp", StringComparison.Ordinal))),
    ];

    public void AssertNothingIsLeftOver() => Assert.Empty(LeftOvers);

    public void Dispose() => World.Dispose();
}
