namespace ShoreGuard.Rollback;

/// <summary>Something that changed of a deployment while it was watched.</summary>
public sealed record ObservationChange
{
    /// <summary>When it was first seen, UTC.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>The deployment's name, or the address where only that is known.</summary>
    public required string Name { get; init; }
    /// <summary>What changed: <c>Container</c>, <c>Health</c>, <c>Build</c> or <c>API</c>.</summary>
    public required string What { get; init; }
    /// <summary>How it was before; null where it was so from the first look on.</summary>
    public string? From { get; init; }
    /// <summary>How it is since.</summary>
    public required string To { get; init; }
    /// <summary>What was seen, a sentence.</summary>
    public required string Explanation { get; init; }
    /// <summary>Whether the build does not hold because of it.</summary>
    public required bool IsRegression { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Readable.Time(At)} {What}: {(From is null ? "" : $"{From}, then ")}{To}";
}
