namespace ShoreGuard.Rollback;

/// <summary>One proof of a database or backup, and how it went.</summary>
public sealed record DatabaseCheck
{
    /// <summary>What was checked, for example <c>quick_check</c>.</summary>
    public required string Name { get; init; }
    /// <summary>Whether it held.</summary>
    public required bool Passed { get; init; }
    /// <summary>What was found.</summary>
    public string? Detail { get; init; }
    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>For people: name and verdict.</summary>
    public override string ToString() => $"{Name} {(Passed ? "ok" : "failed")}";
}
