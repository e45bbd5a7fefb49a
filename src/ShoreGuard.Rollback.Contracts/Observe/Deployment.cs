namespace ShoreGuard.Rollback;

/// <summary>A ShoreGuard container, as its engine describes it.</summary>
public sealed record Deployment
{
    /// <summary>The container's name.</summary>
    public required string Name { get; init; }
    /// <summary>The container's id, 64 hexadecimal digits.</summary>
    public required string ContainerId { get; init; }
    /// <summary>The Compose project; null for a container that Compose did not make.</summary>
    public string? Project { get; init; }
    /// <summary>The Compose service; null for a container that Compose did not make.</summary>
    public string? Service { get; init; }
    /// <summary>The image reference the container was created with.</summary>
    public required string Image { get; init; }
    /// <summary>The id of the image it runs, <c>sha256:…</c>.</summary>
    public required string ImageId { get; init; }
    /// <summary>The registry's digest of that image; null for one that never came from a registry.</summary>
    public string? Digest { get; init; }
    /// <summary>The identity baked into the image; null when the image is gone.</summary>
    public BuildIdentity? Identity { get; init; }
    /// <summary>The engine's word: <c>running</c>, <c>exited</c>, <c>created</c>, <c>paused</c>, <c>restarting</c>, <c>dead</c>.</summary>
    public required string State { get; init; }
    /// <summary>The engine's health check: <c>healthy</c>, <c>unhealthy</c>, <c>starting</c>; null without one.</summary>
    public string? Health { get; init; }
    /// <summary>When the container was made, UTC: that is the deploy, however often it was started since. Null where its engine does not say.</summary>
    public DateTimeOffset? CreatedAt { get; init; }
    /// <summary>When the container was last started, UTC; null if never.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>Where it answers: the published port, else the container's address; null when it has neither.</summary>
    public Uri? Uri { get; init; }
    /// <summary>How a request gets there from here; null when none does, because it is stopped.</summary>
    public ProbeRoute? Route { get; init; }
    /// <summary>Where its database is.</summary>
    public required DatabaseLocation Database { get; init; }
    /// <summary>The Compose files it was made from, absolute, in order.</summary>
    public IReadOnlyList<string> ComposeFiles { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The Compose project's folder, in which its <c>.env</c> is.</summary>
    public string? ComposeDirectory { get; init; }
    /// <summary>The environment files Compose was told to read instead of <c>.env</c>, in order.</summary>
    public IReadOnlyList<string> EnvironmentFiles { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>Whether its settings turn gateway discovery on. Off, as it is by default since ShoreGuard 0.30.2, <c>/readyz</c> says that its
    /// background task is dead.</summary>
    public bool DiscoveryEnabled { get; init; }
    /// <summary>What was begun on it and not brought to an end, and what ends it; null when nothing was, or nobody has looked.</summary>
    public string? Unfinished { get; init; }
    /// <summary>The engine's address, as given to <c>-DockerHost</c>.</summary>
    public required string DockerHost { get; init; }

    /// <summary>Whether the container is up. In a restart loop and paused it is too: it has a process, or will have one again by itself.</summary>
    public bool IsRunning => State is "running" or "restarting" or "paused";
    /// <summary>For people: the name and what it runs.</summary>
    public override string ToString() => $"{Name} ({Image})";
}
