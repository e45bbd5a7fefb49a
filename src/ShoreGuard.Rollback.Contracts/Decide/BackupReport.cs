namespace ShoreGuard.Rollback;

/// <summary>Whether a backup can be relied on, and what was done to know that.</summary>
public sealed record BackupReport
{
    /// <summary>The backup file, absolute.</summary>
    public required string BackupPath { get; init; }
    /// <summary>The backup as it was found.</summary>
    public required Backup Backup { get; init; }
    /// <summary>Whether every proof that was asked for was made and holds, and the backup is young enough.</summary>
    public required bool Usable { get; init; }
    /// <summary>Why it is not usable; null when it is.</summary>
    public string? Problem { get; init; }
    /// <summary>The Alembic revision in it; null when it could not be read.</summary>
    public string? Revision { get; init; }
    /// <summary>Whether the file is the one that was made, by the SHA-256 in its sidecar; not run where none was written down.</summary>
    public required ProofOutcome Checksum { get; init; }
    /// <summary>Whether the file is whole: readable to its last byte, its pages and references in order, its revision known.</summary>
    public required ProofOutcome Integrity { get; init; }
    /// <summary>Drill: whether it could be restored into a scratch database.</summary>
    public required ProofOutcome Restored { get; init; }
    /// <summary>Drill: whether what was restored is what was backed up, row by row.</summary>
    public required ProofOutcome Verified { get; init; }
    /// <summary>Every check that was made.</summary>
    public IReadOnlyList<DatabaseCheck> Checks { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<DatabaseCheck>();
    /// <summary>The rows of every table, counted in the backup now.</summary>
    public IReadOnlyList<TableRows> Rows { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<TableRows>();
    /// <summary>How old the data is: what a restore would lose.</summary>
    public required TimeSpan Age { get; init; }
    /// <summary>How old it may be, the recovery point objective; null when none was given.</summary>
    public TimeSpan? Rpo { get; init; }
    /// <summary>Whether it is younger than that; null when none was given.</summary>
    public bool? MeetsRpo => Rpo is { } limit ? Age <= limit : null;
    /// <summary>Drill: how long the restore took; null when there was none.</summary>
    public TimeSpan? RestoreDuration { get; init; }
    /// <summary>Drill: how long it took to check what was restored; null when that was not done.</summary>
    public TimeSpan? CheckDuration { get; init; }
    /// <summary>Drill: the recovery time to expect of this backup on this machine, restore and check together; null without a drill that passed.</summary>
    public TimeSpan? Rto => Verified == ProofOutcome.Passed ? RestoreDuration + CheckDuration : null;
    /// <summary>When it was tested, UTC.</summary>
    public required DateTimeOffset CheckedAt { get; init; }
    /// <summary>How long all of it took.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>What to do next; null when there is nothing.</summary>
    public string? Recommendation { get; init; }
    /// <summary>All rows together.</summary>
    public long TotalRows => Rows.Sum(table => table.Rows);

    /// <summary>For people: the path and whether it can be relied on.</summary>
    public override string ToString() => $"{BackupPath}: {(Usable ? "usable" : Problem ?? "not usable")}";
}
