namespace ShoreGuard.Rollback;

/// <summary>Something that happened in an incident: at a moment, or from one to another.</summary>
public sealed record IncidentEvent
{
    /// <summary>What kind of thing it is.</summary>
    public required IncidentEventKind Kind { get; init; }
    /// <summary>What it is, as a phrase.</summary>
    public required string Text { get; init; }
    /// <summary>When it was, or began, UTC.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>When it ended, UTC; null for a moment, and for what has not ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>Whether it goes on.</summary>
    public bool GoesOn { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() =>
        $"{Readable.Time(At)} {Text}{(EndedAt is { } ended ? $", {Readable.Duration(ended - At)}" : GoesOn ? ", goes on" : "")}";
}
