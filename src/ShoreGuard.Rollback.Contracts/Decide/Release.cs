namespace ShoreGuard.Rollback;

/// <summary>An image one can go back to: of a registry, of an engine, or both.</summary>
public sealed record Release
{
    /// <summary>The repository, for example <c>ghcr.io/flohofstetter/shoreguard</c>.</summary>
    public required string Repository { get; init; }
    /// <summary>The reference to go back to: with the tag that says most, and with the digest where there is one.</summary>
    public required string Image { get; init; }
    /// <summary>The release that was built into the image, for example <c>0.27.0</c>; null where it does not say.</summary>
    public string? Version { get; init; }
    /// <summary>The commit that was built into it, normally 40 hexadecimal digits; null where it does not say.</summary>
    public string? GitSha { get; init; }
    /// <summary>When it was built, UTC; null where it does not say.</summary>
    public DateTimeOffset? BuildTime { get; init; }
    /// <summary>The registry's digest, of the index where there are several platforms; null for an image that never was in a registry.</summary>
    public string? Digest { get; init; }
    /// <summary>The platforms it is built for, for example <c>linux/amd64</c>.</summary>
    public IReadOnlyList<string> Platforms { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>All tags that mean it, releases first.</summary>
    public IReadOnlyList<string> Tags { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>Bytes: what is pulled for one platform; for an image that is on the engine only, what it takes there.</summary>
    public long? Size { get; init; }
    /// <summary>Whether the registry has it under one of its tags.</summary>
    public required bool IsPublished { get; init; }
    /// <summary>Whether it is on the engine, and needs no pull.</summary>
    public required bool IsLocal { get; init; }
    /// <summary>Whether the deployment runs it; without a deployment, whether any container of the engine does.</summary>
    public required bool IsRunning { get; init; }
    /// <summary>Why it is blocked, by its digest or its commit; null when it is not.</summary>
    public BlockedImage? Blocked { get; init; }
    /// <summary>Whether it is blocked.</summary>
    public bool IsBlocked => Blocked is not null;
    /// <summary>How it has proven good; null when nothing vouches for it.</summary>
    public KnownGoodBuild? KnownGood { get; init; }
    /// <summary>Whether it has proven good.</summary>
    public bool IsKnownGood => KnownGood is not null;
    /// <summary>The deployment it was listed for; null when a repository was asked for.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>The engine's address; null when none was reached.</summary>
    public string? DockerHost { get; init; }

    /// <summary>The first seven digits of <see cref="GitSha"/>.</summary>
    public string? ShortSha => GitSha is { Length: > 7 } sha ? sha[..7] : GitSha;
    /// <summary>For people: the version and the commit.</summary>
    public override string ToString() => (Version ?? (Tags.Count > 0 ? Tags[0] : null), ShortSha) switch
    {
        (null, null) => Image,
        (var version, null) => version,
        (null, var sha) => sha,
        var (version, sha) => $"{version} ({sha})",
    };
}
