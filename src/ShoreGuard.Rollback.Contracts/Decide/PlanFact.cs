namespace ShoreGuard.Rollback;

/// <summary>Something a plan is based on. If it is not so any more, the plan is stale.</summary>
public sealed record PlanFact
{
    /// <summary>What it is about, for example <c>database</c>.</summary>
    public required string Name { get; init; }
    /// <summary>What it was.</summary>
    public required string Value { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name}: {Value}";
}
