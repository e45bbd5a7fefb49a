namespace ShoreGuard.Rollback;

/// <summary>A build that has proven good, and that one can go back to.</summary>
public sealed record KnownGoodBuild
{
    /// <summary>The reference it was named by; null when only its commit was.</summary>
    public string? Image { get; init; }
    /// <summary>The registry's digest; null when only its commit is known.</summary>
    public string? Digest { get; init; }
    /// <summary>The commit that was built into it; null when only the digest is known.</summary>
    public string? GitSha { get; init; }
    /// <summary>The release that was built into it, for people; null when it was not told.</summary>
    public string? Version { get; init; }
    /// <summary>How it has proven good, or why somebody vouches for it.</summary>
    public required string Reason { get; init; }
    /// <summary>When that was, UTC.</summary>
    public required DateTimeOffset ProvenAt { get; init; }
    /// <summary>Who rolled back to it or vouches for it: the user's name on this machine.</summary>
    public required string ProvenBy { get; init; }
    /// <summary>The kind of database with which it has proven good; null where somebody vouches for it with any. With another kind it is a hint, and
    /// <c>-Previous</c> does not rely on it.</summary>
    public DatabaseKind? Database { get; init; }
    /// <summary>For people: the release, the reference or the commit.</summary>
    public override string ToString() => Version ?? Image ?? GitSha ?? Digest ?? "";
}
