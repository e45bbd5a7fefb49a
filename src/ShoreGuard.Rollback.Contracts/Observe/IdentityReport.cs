namespace ShoreGuard.Rollback;

/// <summary>What runs, compared with what was published or expected.</summary>
public sealed record IdentityReport
{
    /// <summary>The deployment's name; null when only an address was asked.</summary>
    public string? Name { get; init; }
    /// <summary>The address that was asked; null when there is none.</summary>
    public Uri? Uri { get; init; }
    /// <summary>The reference that was looked up in the registry, or the container was made from.</summary>
    public string? Image { get; init; }
    /// <summary>The verdict.</summary>
    public required IdentityVerdict Verdict { get; init; }
    /// <summary>What <c>/version</c> answers; null when it could not be asked.</summary>
    public BuildIdentity? Answered { get; init; }
    /// <summary>What was built into the image that runs; null when it is gone, or only an address was asked.</summary>
    public BuildIdentity? Running { get; init; }
    /// <summary>What was built into the published image; null when it was not asked for, or could not be read.</summary>
    public BuildIdentity? Published { get; init; }
    /// <summary>The registry's digest of the image that runs; null when it has none.</summary>
    public string? RunningDigest { get; init; }
    /// <summary>The digest that the tag means now; null when it was not asked for, or could not be read.</summary>
    public string? PublishedDigest { get; init; }
    /// <summary>Whether the tag means another image now than the one that runs; null when that could not be told.</summary>
    public bool? TagMoved { get; init; }
    /// <summary>Every field that differs.</summary>
    public IReadOnlyList<IdentityDifference> Differences { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<IdentityDifference>();
    /// <summary>What was compared and found to be the same, each a short phrase.</summary>
    public IReadOnlyList<string> Checked { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What could not be compared, and why, each a sentence without its full stop.</summary>
    public IReadOnlyList<string> Unchecked { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The conclusion as a sentence, with its evidence.</summary>
    public required string Explanation { get; init; }
    /// <summary>What to do next.</summary>
    public required string Recommendation { get; init; }
    /// <summary>The deployment that was looked at; null when only an address was asked.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>When it was looked at, UTC.</summary>
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>Whether everything was compared, and is the same.</summary>
    public bool IsMatch => Verdict == IdentityVerdict.Match;
    /// <summary>For people.</summary>
    public override string ToString() => $"{Verdict}: {Explanation}";
}
