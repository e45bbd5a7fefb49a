using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What an engine says of a container.</summary>
/// <param name="json">Its whole description, in the shape of the Docker Engine's API: nothing of a container that is made again may be lost on the way.</param>
internal sealed class ContainerView(JsonObject json)
{
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(2);

    /// <summary>The whole description.</summary>
    public JsonObject Json => json;

    /// <summary>The engine's id of it.</summary>
    public string Id => json.Text("Id") ?? "";

    /// <summary>Its name, without the slash that the engine puts before it.</summary>
    public string Name => (json.Text("Name") ?? "").TrimStart('/');

    /// <summary>The id of the image that it was made from.</summary>
    public string ImageId => json.Text("Image") ?? "";

    /// <summary>The reference that it was made from; null where that is not known.</summary>
    public string? ImageName => json.Text("Config", "Image");

    /// <summary>When it was made, UTC.</summary>
    public DateTimeOffset? CreatedAt => json.Time("Created");

    /// <summary>When it was started last, UTC.</summary>
    public DateTimeOffset? StartedAt => json.Time("State", "StartedAt");

    /// <summary>When it ended last, UTC.</summary>
    public DateTimeOffset? EndedAt => json.Time("State", "FinishedAt");

    /// <summary>The engine's word for its state, such as <c>running</c>.</summary>
    public string? Status => json.Text("State", "Status");

    /// <summary>What its own health check has found, such as <c>healthy</c>; null where it has none.</summary>
    public string? Health => json.Text("State", "Health", "Status");

    /// <summary>The code with which it ended last.</summary>
    public long? ExitCode => json.Number("State", "ExitCode");

    /// <summary>Whether the kernel has ended it for want of memory.</summary>
    public bool IsOutOfMemory => json.Flag("State", "OOMKilled");

    /// <summary>How often its restart policy has started it again.</summary>
    public long Restarts => json.Number("RestartCount") ?? 0;

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => Status == "running";

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => Status is "exited" or "dead";

    /// <summary>Whether it has, or will have again by itself, a process, a port and its files: it runs, is paused, or is between two starts of a
    /// restart loop.</summary>
    /// <remarks>The Docker Engine says <c>Running</c> in each of these states; others that speak its API were seen to say so only of the first.</remarks>
    public bool IsUp => json.Flag("State", "Running") || json.Flag("State", "Restarting") || IsPaused;

    /// <summary>Whether its processes are frozen.</summary>
    public bool IsPaused => json.Flag("State", "Paused");

    /// <summary>Whether it is in a restart loop, as far as one look can tell: restarted at least once, and not up for long since.</summary>
    public bool IsCrashing => json.Flag("State", "Restarting") || (Restarts > 0 && StartedAt > DateTimeOffset.UtcNow - Settled);

    /// <summary>The looks of its own health check, the oldest first: when each began, UTC, and how many of the latest have failed in a row.</summary>
    public (IReadOnlyList<DateTimeOffset> Looks, long FailedInARow) HealthLog => (
        [.. (json.At("State", "Health", "Log") as JsonArray ?? []).Select(entry => entry.Time("Start")).OfType<DateTimeOffset>()],
        json.Number("State", "Health", "FailingStreak") ?? 0);

    /// <summary>Whether the engine removes it when it has ended.</summary>
    public bool RemovesItself => json.Flag("HostConfig", "AutoRemove");

    /// <summary>How many seconds it has to stop, before it is killed; null for the engine's default.</summary>
    public long? StopTimeout => json.Number("Config", "StopTimeout");

    /// <summary>The folder that its process starts in.</summary>
    public string WorkingDirectory => json.Text("Config", "WorkingDir") ?? "/";

    /// <summary>Its network mode, such as <c>host</c> or the name of a network.</summary>
    public string? NetworkMode => json.Text("HostConfig", "NetworkMode");

    /// <summary>Whether the user has asked for ports of it to be published.</summary>
    public bool IsPublished => json.At("HostConfig", "PortBindings") is JsonObject { Count: > 0 };

    /// <summary>Where a TCP port of it is published now; null where it is not.</summary>
    public string? PublishedPort(int port) => (json.At("NetworkSettings", "Ports", $"{port}/tcp") as JsonArray)?.FirstOrDefault().Text("HostPort");

    /// <summary>The hosts that it was told of, each with its address: <c>NAME:ADDRESS</c> or <c>NAME=ADDRESS</c>.</summary>
    public IReadOnlyList<string> ExtraHosts => json.Texts("HostConfig", "ExtraHosts");

    /// <summary>The MAC address that it was given as a whole; null where it was not.</summary>
    public string? MacAddress => json.Text("Config", "MacAddress");

    /// <summary>The networks that it is on.</summary>
    public IReadOnlyList<EndpointView> Networks =>
        [.. (json.At("NetworkSettings", "Networks") as JsonObject ?? []).Select(each => new EndpointView(each.Key, each.Value as JsonObject ?? []))];

    /// <summary>Its connection to a network; null where it is not on it.</summary>
    public EndpointView? On(string network) => json.At("NetworkSettings", "Networks", network) is JsonObject endpoint ? new(network, endpoint) : null;

    /// <summary>What is mounted into it, but for folders in memory that its configuration alone has.</summary>
    public IReadOnlyList<MountView> Mounts => [.. (json.At(nameof(Mounts)) as JsonArray ?? []).OfType<JsonObject>().Select(mount => new MountView(mount))];

    /// <summary>The folders in memory that its configuration has.</summary>
    public IReadOnlyList<string> MemoryFolders => [.. (json.At("HostConfig", "Tmpfs") as JsonObject ?? []).Select(folder => folder.Key)];

    /// <summary>The value of a label; null where it has none, or an empty one.</summary>
    public string? Label(string name) => json.Text("Config", "Labels", name);

    /// <summary>The value of an environment variable; null where it is not set.</summary>
    public string? Variable(string name) => json.EnvironmentVariable(name);

    /// <summary>It with none of Compose's labels that only its image has.</summary>
    public ContainerView WithoutBakedLabels(ImageView? image) => new(ComposeLabels.WithoutBaked(json, image?.Json));
}

/// <summary>What is mounted into a container.</summary>
/// <param name="json">As the engine describes it.</param>
internal sealed class MountView(JsonObject json)
{
    /// <summary><c>bind</c>, <c>volume</c> or <c>tmpfs</c>.</summary>
    public string? Type => json.Text("Type");

    /// <summary>The path on the engine's machine.</summary>
    public string? Source => json.Text("Source");

    /// <summary>The path inside.</summary>
    public string? Destination => json.Text("Destination");
}

/// <summary>A container's connection to a network.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Json">As the engine describes it.</param>
internal sealed record EndpointView(string Network, JsonObject Json)
{
    /// <summary>The network's id.</summary>
    public string? NetworkId => Json.Text("NetworkID");

    /// <summary>The address there; null where it has none, such as one that is stopped.</summary>
    public string? Address => Json.Text("IPAddress");

    /// <summary>The address of the newer kind.</summary>
    public string? Address6 => Json.Text("GlobalIPv6Address");

    /// <summary>The MAC address there.</summary>
    public string? MacAddress => Json.Text("MacAddress");

    /// <summary>The address that the user has asked for.</summary>
    public string? ChosenAddress => Json.Text("IPAMConfig", "IPv4Address");

    /// <summary>The same of the newer kind.</summary>
    public string? ChosenAddress6 => Json.Text("IPAMConfig", "IPv6Address");

    /// <summary>The names that it answers to there, as the user has asked.</summary>
    public IReadOnlyList<string> Aliases => Json.Texts("Aliases");

    /// <summary>All names that it answers to there; none from engines below API 1.44, which have them among the aliases.</summary>
    public IReadOnlyList<string> DnsNames => Json.Texts("DNSNames");
}
