namespace ShoreGuard.Rollback;

/// <summary>How long nobody was served, seen by a prober of <c>/healthz</c>.</summary>
public sealed record Outage
{
    /// <summary>From the first request that failed to the first that succeeded again, all gaps together.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>When the first request failed, UTC; null when none did.</summary>
    public DateTimeOffset? Began { get; init; }
    /// <summary>When requests succeeded again, UTC; null when none failed, or none has succeeded since.</summary>
    public DateTimeOffset? Ended { get; init; }
    /// <summary>How many requests were sent.</summary>
    public required int Probes { get; init; }
    /// <summary>How many of them failed.</summary>
    public required int Failed { get; init; }
    /// <summary>The longest time from one answered request to the next one: <see cref="Duration"/> is no more exact, and a shorter outage may have
    /// been missed.</summary>
    public TimeSpan Resolution { get; init; }
    /// <summary>For people: seconds, and how exact they are where that is worth knowing.</summary>
    public override string ToString() =>
        $"{Readable.Duration(Duration)}{(Resolution > Coarse ? $" (±{Readable.Duration(Resolution)})" : "")}"
        + (Began is not null && Ended is null ? ", not over" : "");

    // Below it are requests to a port on a machine that has time for them; through the engine, or on a busy one, they are further apart.
    private static readonly TimeSpan Coarse = TimeSpan.FromMilliseconds(100);
}
