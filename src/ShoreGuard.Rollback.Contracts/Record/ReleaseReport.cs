namespace ShoreGuard.Rollback;

/// <summary>Whether a release may be deployed: what was checked, and what that means.</summary>
public sealed record ReleaseReport
{
    /// <summary>The deployment that it is for; null where none was given.</summary>
    public string? Name { get; init; }
    /// <summary>The image, with its digest where it has one.</summary>
    public required string Image { get; init; }
    /// <summary>The registry's digest; null for an image that was not found in one.</summary>
    public string? Digest { get; init; }
    /// <summary>The release that was built into it; null where that cannot be told.</summary>
    public string? Version { get; init; }
    /// <summary>The commit that was built into it; null where that cannot be told.</summary>
    public string? GitSha { get; init; }
    /// <summary>Whether everything that is required holds.</summary>
    public required bool Passed { get; init; }
    /// <summary>Whether nothing speaks against it, and something that is required could not be told.</summary>
    public required bool Inconclusive { get; init; }
    /// <summary>Every check.</summary>
    public required IReadOnlyList<ReleaseCheck> Checks { get; init => field = ReadableList.Of(value); }
    /// <summary>What it means, a sentence or two.</summary>
    public required string Explanation { get; init; }
    /// <summary>What to do next.</summary>
    public required string Recommendation { get; init; }
    /// <summary>When it was checked, UTC.</summary>
    public required DateTimeOffset CheckedAt { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Version ?? Image}: {(Passed ? "passed" : Inconclusive ? "inconclusive" : "failed")}";
}
