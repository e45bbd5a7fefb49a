namespace ShoreGuard.Rollback;

/// <summary>A rollback, or another change of a deployment, past or unfinished, as the journal or the engine has it.</summary>
public sealed record RollbackRecord
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }
    /// <summary>What it is.</summary>
    public OperationKind Kind { get; init; }
    /// <summary>The deployment's name.</summary>
    public required string Name { get; init; }
    /// <summary>The engine's address.</summary>
    public required string DockerHost { get; init; }
    /// <summary>How it stands.</summary>
    public required RollbackState State { get; init; }
    /// <summary>What was done with the database.</summary>
    public required RollbackStrategy Strategy { get; init; }
    /// <summary>The image before.</summary>
    public required string ImageBefore { get; init; }
    /// <summary>The image that was asked for.</summary>
    public required string Image { get; init; }
    /// <summary>The release before; null when it is not known.</summary>
    public string? VersionBefore { get; init; }
    /// <summary>The release that was asked for; null when it is not known.</summary>
    public string? Version { get; init; }
    /// <summary>What <c>alembic_version</c> named before.</summary>
    public IReadOnlyList<string> RevisionsBefore { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What it named afterwards; empty when that is not known.</summary>
    public IReadOnlyList<string> Revisions { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>Why it was put back; null when it was not.</summary>
    public string? Reason { get; init; }
    /// <summary>The measured outage; null when none was.</summary>
    public TimeSpan? Outage { get; init; }
    /// <summary>The backup that was made or restored, absolute; null when there was none.</summary>
    public string? BackupPath { get; init; }
    /// <summary>What was kept of the database before; null when nothing was.</summary>
    public string? Kept { get; init; }
    /// <summary>The id of the rollback that it undid; null when it undid none.</summary>
    public string? Reverts { get; init; }
    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it ended, UTC; null when it did not.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>The process that was last at it.</summary>
    public required int ProcessId { get; init; }
    /// <summary>The machine of that process.</summary>
    public required string Machine { get; init; }
    /// <summary>Its steps.</summary>
    public IReadOnlyList<RollbackStep> Steps { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<RollbackStep>();

    /// <summary>What it leads to: the release or the image, the revision of a downgrade, the file of a restore; "–" where that is not known.</summary>
    public string Target => Kind switch
    {
        OperationKind.SchemaDowngrade => Revisions.Count > 0 ? string.Join(", ", Revisions) : "–",
        OperationKind.Restore => BackupPath is { } backup ? Path.GetFileName(backup) : "–",
        _ => Version ?? Image,
    };
    /// <summary>Whether it has to be brought to an end.</summary>
    public bool IsUnfinished => State == RollbackState.Unfinished;
    /// <summary>For people.</summary>
    public override string ToString() => $"{Id}: {Name} to {Target}, {State}";
}
