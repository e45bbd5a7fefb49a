namespace ShoreGuard.Rollback;

/// <summary>An image that is not to be deployed or gone back to again.</summary>
public sealed record BlockedImage
{
    /// <summary>The reference it was blocked under; null when only its commit was named.</summary>
    public string? Image { get; init; }
    /// <summary>The registry's digest; null when only its commit is blocked.</summary>
    public string? Digest { get; init; }
    /// <summary>The commit that was built into it, which is blocked in every image; null when only the digest is.</summary>
    public string? GitSha { get; init; }
    /// <summary>The release that was built into it, for people; null when it was not told.</summary>
    public string? Version { get; init; }
    /// <summary>Why it is blocked.</summary>
    public required string Reason { get; init; }
    /// <summary>When it was blocked, UTC.</summary>
    public required DateTimeOffset BlockedAt { get; init; }
    /// <summary>Who blocked it: the user's name on this machine.</summary>
    public required string BlockedBy { get; init; }
    /// <summary>The shared list that it is in, absolute; null for the journal of the state folder.</summary>
    public string? BlocklistPath { get; init; }
    /// <summary>For people: the release, the reference or the commit.</summary>
    public override string ToString() => Version ?? Image ?? GitSha ?? Digest ?? "";
}
