namespace ShoreGuard.Rollback;

/// <summary>One step of a plan.</summary>
public sealed record PlanStep
{
    /// <summary>Its place, from 1.</summary>
    public required int Number { get; init; }
    /// <summary>What it does.</summary>
    public required string Name { get; init; }
    /// <summary>What is different afterwards.</summary>
    public required string Changes { get; init; }
    /// <summary>How it is checked.</summary>
    public required string Verification { get; init; }
    /// <summary>How it is undone; null when there is nothing to undo.</summary>
    public string? Undo { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Number} {Name}";
}
