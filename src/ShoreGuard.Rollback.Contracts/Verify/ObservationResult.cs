namespace ShoreGuard.Rollback;

/// <summary>What was seen of a deployment while it was watched, and whether its build held.</summary>
public sealed record ObservationResult
{
    /// <summary>The deployment's name; null where only an address was watched.</summary>
    public string? Name { get; init; }
    /// <summary>Where it was asked.</summary>
    public required Uri Uri { get; init; }
    /// <summary>The outcome in one word.</summary>
    public required ObservationOutcome Outcome { get; init; }
    /// <summary>The build that was watched; where another took its place, that one. Null where none was told.</summary>
    public BuildIdentity? Identity { get; init; }
    /// <summary>When the first look was taken, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When the last look was over, UTC.</summary>
    public required DateTimeOffset EndedAt { get; init; }
    /// <summary>How long it was to be watched.</summary>
    public required TimeSpan ObservationWindow { get; init; }
    /// <summary>How often its health was looked at.</summary>
    public required int Looks { get; init; }
    /// <summary>How many of the looks that could be judged found it serving, 0 to 1; null where none could be.</summary>
    public double? Availability { get; init; }
    /// <summary>How long the health calls took that were answered; null where none was.</summary>
    public LatencyPercentiles? Latency { get; init; }
    /// <summary>How often its container was restarted meanwhile, by its restart policy or by somebody.</summary>
    public int Restarts { get; init; }
    /// <summary>Everything that changed, in the order of time.</summary>
    public IReadOnlyList<ObservationChange> Changes { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<ObservationChange>();
    /// <summary>What it comes to, a sentence or two.</summary>
    public required string Explanation { get; init; }
    /// <summary>What to do next.</summary>
    public required string Recommendation { get; init; }
    /// <summary>The deployment as it was at the last look; null where only an address was watched.</summary>
    public Deployment? Deployment { get; init; }

    /// <summary>How long it was watched.</summary>
    public TimeSpan Observed => EndedAt - StartedAt;
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name ?? Uri.ToString().TrimEnd('/')}: {Outcome} after {Readable.Duration(Observed)}";
}
