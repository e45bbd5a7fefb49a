namespace ShoreGuard.Rollback;

/// <summary>Something that a rollback kept.</summary>
public sealed record IncidentKept
{
    /// <summary>What it is: a file, a database or a container.</summary>
    public required string What { get; init; }
    /// <summary>The command that brings it back; null where there is none.</summary>
    public string? Command { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => Command is null ? What : $"{What} ({Command})";
}
