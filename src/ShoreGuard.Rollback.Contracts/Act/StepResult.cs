namespace ShoreGuard.Rollback;

/// <summary>One step of an action, as it went.</summary>
public sealed record StepResult
{
    /// <summary>Its place, from 1.</summary>
    public required int Number { get; init; }
    /// <summary>What it does.</summary>
    public required string Name { get; init; }
    /// <summary>How it ended.</summary>
    public required StepOutcome Outcome { get; init; }
    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>What it found or changed.</summary>
    public string? Detail { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Number} {Name}: {Outcome}";
}
