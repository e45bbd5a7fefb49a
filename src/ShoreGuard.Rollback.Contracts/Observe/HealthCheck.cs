namespace ShoreGuard.Rollback;

/// <summary>One check of <c>/readyz</c>.</summary>
public sealed record HealthCheck
{
    /// <summary>The name as ShoreGuard gives it, for example <c>background_cleanup</c>.</summary>
    public required string Name { get; init; }
    /// <summary>How it is.</summary>
    public required CheckState State { get; init; }
    /// <summary>ShoreGuard's own words, for example <c>dead</c> or the text of a database error.</summary>
    public string? Message { get; init; }
    /// <summary>Milliseconds the check took, where ShoreGuard measures them.</summary>
    public double? LatencyMs { get; init; }
    /// <summary>Seconds since a background task last reported, where ShoreGuard says.</summary>
    public double? AgeSec { get; init; }
    /// <summary>Whether the caller asked to leave this check out of the verdict.</summary>
    public bool Ignored { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name} {State}{(Ignored ? ", ignored" : "")}";
}
