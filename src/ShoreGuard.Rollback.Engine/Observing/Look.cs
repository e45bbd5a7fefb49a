namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>What one look says of the build.</summary>
internal enum LookVerdict
{
    /// <summary>All is as it should be.</summary>
    Well,
    /// <summary>Nothing: it could not be asked, or the answer says nothing about the build.</summary>
    Unknown,
    /// <summary>The build does not do its work; if it lasts, it has regressed.</summary>
    Unwell,
    /// <summary>It is another build, or nobody's any more; if it lasts, nothing can be said of the one that was watched.</summary>
    Other,
}

/// <summary>One look at one thing.</summary>
internal sealed record Look
{
    /// <summary>The thing, as <see cref="ObservationChange.What"/> names it.</summary>
    public required string What { get; init; }
    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>How it is, in a word or two. Another word is a change.</summary>
    public required string State { get; init; }
    /// <summary>What that says of the build.</summary>
    public required LookVerdict Verdict { get; init; }
    /// <summary>What was seen, a sentence.</summary>
    public required string Explanation { get; init; }
    /// <summary>What to do about it; null where the way back is all there is to say.</summary>
    public string? Recommendation { get; init; }
    /// <summary>Whether it is a fact that no further look can take back, such as a process that has ended.</summary>
    public bool IsCertain { get; init; }
    /// <summary>How long it has to last as well before it decides; zero where it is enough that the next looks confirm it.</summary>
    public TimeSpan Patience { get; init; }
    /// <summary>Whether anybody would have been served; null where that cannot be told, or is not what was looked at.</summary>
    public bool? Served { get; init; }
    /// <summary>The build that was seen; null where none was.</summary>
    public BuildIdentity? Identity { get; init; }
    /// <summary>How long the calls took that were answered.</summary>
    public IReadOnlyList<TimeSpan> Latencies { get; init; } = [];
    /// <summary>Restarts of the container since the look before.</summary>
    public int Restarts { get; init; }

    /// <summary>Whether it decides the observation if it lasts.</summary>
    public bool IsGrave => Verdict is LookVerdict.Unwell or LookVerdict.Other;
}
