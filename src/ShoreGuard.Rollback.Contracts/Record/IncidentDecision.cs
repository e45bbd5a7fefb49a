namespace ShoreGuard.Rollback;

/// <summary>Something that was decided for a rollback.</summary>
public sealed record IncidentDecision
{
    /// <summary>What it is about, for example <c>Database</c>.</summary>
    public required string About { get; init; }
    /// <summary>What was chosen.</summary>
    public required string Choice { get; init; }
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{About}: {Choice}, {Reason}";
}
