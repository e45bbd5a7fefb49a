namespace ShoreGuard.Rollback;

/// <summary>What a downgrade of the schema did.</summary>
public sealed record SchemaDowngradeResult
{
    /// <summary>The deployment's name.</summary>
    public required string Name { get; init; }
    /// <summary>Whether the database is at the wanted revision now.</summary>
    public required bool Succeeded { get; init; }
    /// <summary>Whether it failed and the state before was put back.</summary>
    public required bool Reverted { get; init; }
    /// <summary>Why it failed; null when it did not.</summary>
    public string? Reason { get; init; }
    /// <summary>The revision that was wanted.</summary>
    public required string To { get; init; }
    /// <summary>The image whose scripts ran.</summary>
    public required string Image { get; init; }
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The database: the URL, the password replaced by <c>***</c>.</summary>
    public required string Database { get; init; }
    /// <summary>What <c>alembic_version</c> named before.</summary>
    public required IReadOnlyList<string> RevisionsBefore { get; init => field = ReadableList.Of(value); }
    /// <summary>What it names now.</summary>
    public required IReadOnlyList<string> Revisions { get; init => field = ReadableList.Of(value); }
    /// <summary>The migrations that were to be taken back, newest first; none when there was nothing to do.</summary>
    public IReadOnlyList<Migration> Migrations { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<Migration>();
    /// <summary>What they dropped.</summary>
    public IReadOnlyList<SchemaLoss> Losses { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaLoss>();
    /// <summary>The proven backup that was made first, absolute; null when there was nothing to do, or when it did not come to that.</summary>
    public string? BackupPath { get; init; }
    /// <summary>The whole copy of the database that a downgrade which failed has left, where it could not be removed after the backup was put back;
    /// null when nothing is left.</summary>
    public string? Kept { get; init; }
    /// <summary>What became of the application.</summary>
    public required ApplicationState Application { get; init; }
    /// <summary>From the application's stop until it was started again. Where it stays stopped, the outage goes on.</summary>
    public required TimeSpan Outage { get; init; }
    /// <summary>What Alembic wrote, line by line, without secrets.</summary>
    public IReadOnlyList<string> Output { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>Every step as it went.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init => field = ReadableList.Of(value); }
    /// <summary>What to do next; null when there is nothing.</summary>
    public string? Recommendation { get; init; }
    /// <summary>From the first step to the last.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>The deployment as it is now.</summary>
    public Deployment? Deployment { get; init; }

    /// <summary>The database's revision now; null when it has several.</summary>
    public string? Revision => Revisions is [var one] ? one : null;

    /// <summary>For people: what became of it.</summary>
    public override string ToString() => $"{Name} to revision {To}: {Readable.Outcome(Succeeded, Reverted, Reason)}";
}
