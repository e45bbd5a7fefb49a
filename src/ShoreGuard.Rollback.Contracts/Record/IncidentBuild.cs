namespace ShoreGuard.Rollback;

/// <summary>A build that an incident is about.</summary>
public sealed record IncidentBuild
{
    /// <summary>The image reference.</summary>
    public required string Image { get; init; }
    /// <summary>The registry's digest; null for a local image, and where it is not known.</summary>
    public string? Digest { get; init; }
    /// <summary>The release; null where it is not known.</summary>
    public string? Version { get; init; }
    /// <summary>The commit; null where it is not known.</summary>
    public string? GitSha { get; init; }
    /// <summary>When it was built, UTC; null where that is not known.</summary>
    public DateTimeOffset? BuildTime { get; init; }

    /// <summary>For people: the release and the beginning of the commit, else the image.</summary>
    public override string ToString() => Version is null && GitSha is null
        ? Image
        : new BuildIdentity { Source = Image, Version = Version, GitSha = GitSha }.ToString();
}
