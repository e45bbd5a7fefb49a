namespace ShoreGuard.Rollback;

/// <summary>What a restore did, or the undoing of one.</summary>
/// <remarks>Piped into <c>Restore-ShoreGuardDatabase -Undo</c>, it says what to undo.</remarks>
public sealed record RestoreResult
{
    /// <summary>Whether the backup, or the database that was put back, is in the database's place now.</summary>
    public required bool Succeeded { get; init; }
    /// <summary>Whether it failed and the state before was put back.</summary>
    public required bool Reverted { get; init; }
    /// <summary>Why it failed; null when it did not.</summary>
    public string? Reason { get; init; }
    /// <summary>The backup that was restored, absolute; null when a kept database was put back, which <see cref="PutBack"/> names.</summary>
    public string? BackupPath { get; init; }
    /// <summary>Of an undo: what was put back, as <see cref="Kept"/> of the undone restore named it; null when a backup was restored.</summary>
    public string? PutBack { get; init; }
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The database: the URL, the password replaced by <c>***</c>.</summary>
    public required string Database { get; init; }
    /// <summary>Where the database is: the absolute path of a SQLite file, or the URL of a server's database, the password replaced by <c>***</c>.</summary>
    public string? Location { get; init; }
    /// <summary>The Alembic revision before; null when there was no database, or none could be read.</summary>
    public string? RevisionBefore { get; init; }
    /// <summary>The Alembic revision now.</summary>
    public string? Revision { get; init; }
    /// <summary>The size in bytes of the restored database; 0 when there is none.</summary>
    public required long Size { get; init; }
    /// <summary>The rows of every table now.</summary>
    public IReadOnlyList<TableRows> Rows { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<TableRows>();
    /// <summary>What was checked.</summary>
    public IReadOnlyList<DatabaseCheck> Checks { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<DatabaseCheck>();
    /// <summary>Where the database that was replaced is kept: a path, the name of a database on the same server, or the path of the backup that was
    /// made of it; null when nothing was replaced.</summary>
    public string? Kept { get; init; }
    /// <summary>What became of the application.</summary>
    public required ApplicationState Application { get; init; }
    /// <summary>From the application's stop, or the swap's begin, until it was ready again (or, where that could not be found out, started). Where it
    /// stays stopped or is not ready, the outage goes on, and this is only how long it was when the restore ended.</summary>
    public required TimeSpan Outage { get; init; }
    /// <summary>Every step as it went.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init => field = ReadableList.Of(value); }
    /// <summary>What to do next; null when there is nothing.</summary>
    public string? Recommendation { get; init; }
    /// <summary>From the first step to the last.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>The deployment as it is now; null when none was given.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>All rows together.</summary>
    public long TotalRows => Rows.Sum(table => table.Rows);

    /// <summary>For people: what became of it.</summary>
    public override string ToString() => $"{PutBack ?? BackupPath}: {Readable.Outcome(Succeeded, Reverted, Reason)}";
}
