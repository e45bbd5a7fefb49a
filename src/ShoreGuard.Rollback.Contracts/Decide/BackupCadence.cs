namespace ShoreGuard.Rollback;

/// <summary>How often a database is backed up, by the backups of it that are proven: what was lost at the worst moment, and what would be now.</summary>
public sealed record BackupCadence
{
    /// <summary>The deployment whose database it is; null where the backups do not say.</summary>
    public string? DeploymentName { get; init; }
    /// <summary>The database: the URL, the password replaced by <c>***</c>; null where the backups do not say.</summary>
    public string? Database { get; init; }
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>How many backups there are.</summary>
    public required int Backups { get; init; }
    /// <summary>How many of them can be relied on; the others count as if they were not there.</summary>
    public required int Proven { get; init; }
    /// <summary>The newest proven one, absolute; null where there is none.</summary>
    public string? BackupPath { get; init; }
    /// <summary>How old that is: what a restore would lose now; null where there is none.</summary>
    public TimeSpan? Age { get; init; }
    /// <summary>The longest time between two proven ones that follow each other; null where there are not two.</summary>
    public TimeSpan? LargestGap { get; init; }
    /// <summary>When the one before that gap was made, UTC; null where there is no gap.</summary>
    public DateTimeOffset? GapBegan { get; init; }
    /// <summary>When the one after it was made, UTC; null where there is no gap.</summary>
    public DateTimeOffset? GapEnded { get; init; }
    /// <summary>How much may be lost, the recovery point objective; null when none was given.</summary>
    public TimeSpan? Rpo { get; init; }
    /// <summary>Whether there is a proven one that is young enough, and no gap was longer; null when no RPO was given.</summary>
    public bool? MeetsRpo => Rpo is { } limit ? Age <= limit && !(LargestGap > limit) : null;
    /// <summary>What it means, a sentence or two.</summary>
    public required string Explanation { get; init; }
    /// <summary>What to do next; null when there is nothing.</summary>
    public string? Recommendation { get; init; }
    /// <summary>When it was judged, UTC.</summary>
    public required DateTimeOffset CheckedAt { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{DeploymentName ?? Database ?? Kind.ToString()}: {Explanation}";
}
