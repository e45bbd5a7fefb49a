namespace ShoreGuard.Rollback;

/// <summary>What somebody has noted of an incident.</summary>
public sealed record IncidentNote
{
    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>Who: the user's name on that machine.</summary>
    public required string By { get; init; }
    /// <summary>The note.</summary>
    public required string Text { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Readable.Time(At)}, {By}: {Text}";
}
