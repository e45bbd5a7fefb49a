namespace ShoreGuard.Rollback;

/// <summary>When what of an incident was, UTC.</summary>
public sealed record IncidentTimes
{
    /// <summary>When the bad build's container was made; null where that was not written down.</summary>
    public DateTimeOffset? DeployedAt { get; init; }
    /// <summary>Since when it was not well; null where that is not known, or nothing was wrong.</summary>
    public DateTimeOffset? SymptomSince { get; init; }
    /// <summary>By what that is known, as a phrase; null where it is not known.</summary>
    public string? SymptomKnownBy { get; init; }
    /// <summary>Whether it may have begun earlier, and nobody has looked: then <see cref="Downtime"/> is the least that it was.</summary>
    public bool SymptomMayBeEarlier { get; init; }
    /// <summary>When the rollback was decided: its plan was made; null where that was not written down.</summary>
    public DateTimeOffset? DecidedAt { get; init; }
    /// <summary>When the rollback began.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it ended; null when it did not.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>When the first request failed in the switch; null when none did, or it was not measured.</summary>
    public DateTimeOffset? OutageBegan { get; init; }
    /// <summary>When requests succeeded again; null when none failed, or it was not measured.</summary>
    public DateTimeOffset? OutageEnded { get; init; }
    /// <summary>The outage of the switch as it was measured; null where it was not.</summary>
    public TimeSpan? Outage { get; init; }
    /// <summary>Since when the target is known to serve: it had passed its gate; null where it has not.</summary>
    public DateTimeOffset? HeldSince { get; init; }

    /// <summary>How long the deployment was not well: from the symptom until the target served; null where one of them is not known.</summary>
    public TimeSpan? Downtime => HeldSince - SymptomSince is { } time && time >= TimeSpan.Zero ? time : null;
    /// <summary>For people.</summary>
    public override string ToString() => $"began {Readable.Time(StartedAt)}{(Outage is { } outage ? $", outage {Readable.Duration(outage)}" : "")}";
}
