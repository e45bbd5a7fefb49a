namespace ShoreGuard.Rollback;

/// <summary>What became of the application around a restore.</summary>
public enum ApplicationState
{
    /// <summary>No deployment was given; the application is the caller's.</summary>
    NotManaged,
    /// <summary>It did not run before, and does not now.</summary>
    StayedStopped,
    /// <summary>It was not stopped: the restore failed before it came to that.</summary>
    KeptRunning,
    /// <summary>It was stopped for the restore and runs again.</summary>
    Restarted,
    /// <summary>It was stopped and stays so, because its image would migrate the restored schema forward again.</summary>
    LeftStopped,
    /// <summary>It was stopped for the restore, and did not start again.</summary>
    StartFailed,
}

/// <summary>What a restore did.</summary>
public sealed record RestoreResult
{
    /// <summary>Whether the backup is in the database's place now.</summary>
    public required bool Succeeded { get; init; }
    /// <summary>Whether it failed and the state before was put back.</summary>
    public required bool Reverted { get; init; }
    /// <summary>Why it failed; null when it did not.</summary>
    public string? Reason { get; init; }
    /// <summary>The backup that was restored, absolute.</summary>
    public required string BackupPath { get; init; }
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The database: the URL, the password replaced by <c>***</c>.</summary>
    public required string Database { get; init; }
    /// <summary>The Alembic revision before; null when there was no database, or none could be read.</summary>
    public string? RevisionBefore { get; init; }
    /// <summary>The Alembic revision now.</summary>
    public string? Revision { get; init; }
    /// <summary>The size in bytes of the restored database; 0 when there is none.</summary>
    public required long Size { get; init; }
    /// <summary>The rows of every table now.</summary>
    public IReadOnlyList<TableRows> Rows { get; init; } = [];
    /// <summary>What was checked.</summary>
    public IReadOnlyList<DatabaseCheck> Checks { get; init; } = [];
    /// <summary>Where the database that was replaced is kept: a path, the name of a database on the same server, or the path of the backup that was made of it; null when nothing was replaced.</summary>
    public string? Kept { get; init; }
    /// <summary>What became of the application.</summary>
    public required ApplicationState Application { get; init; }
    /// <summary>From the application's stop, or the swap's begin, until it was started again. Where it stays stopped, the outage goes on, and this is only how long it was when the swap was done.</summary>
    public required TimeSpan Outage { get; init; }
    /// <summary>Every step as it went.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }
    /// <summary>What to do next; null when there is nothing.</summary>
    public string? Recommendation { get; init; }
    /// <summary>From the first step to the last.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>The deployment as it is now; null when none was given.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>All rows together.</summary>
    public long TotalRows => Rows.Sum(table => table.Rows);
}
