namespace ShoreGuard.Rollback;

/// <summary>One step of a rollback, as the journal has it.</summary>
public sealed record RollbackStep
{
    /// <summary>Its place, from 1; a resumed rollback goes on counting.</summary>
    public required int Number { get; init; }
    /// <summary>What it does.</summary>
    public required string Name { get; init; }
    /// <summary>How it ended; null when it did not.</summary>
    public StepOutcome? Outcome { get; init; }
    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it ended, UTC; null when it did not.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>What it found or changed.</summary>
    public string? Detail { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Number} {Name}: {Outcome?.ToString() ?? "not ended"}";
}
