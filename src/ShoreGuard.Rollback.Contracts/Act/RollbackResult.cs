namespace ShoreGuard.Rollback;

/// <summary>What a rollback did.</summary>
public sealed record RollbackResult
{
    /// <summary>Its id, by which <c>Get-ShoreGuardRollback</c> finds it and <c>Undo-ShoreGuardRollback</c> undoes it.</summary>
    public required string Id { get; init; }
    /// <summary>Whether the target serves now.</summary>
    public required bool Succeeded { get; init; }
    /// <summary>Whether the state before was put back.</summary>
    public required bool Reverted { get; init; }
    /// <summary>Why it was put back; null when it was not.</summary>
    public string? Reason { get; init; }
    /// <summary>The deployment's name.</summary>
    public required string Name { get; init; }
    /// <summary>The build before.</summary>
    public BuildIdentity? Before { get; init; }
    /// <summary>The build now, as it answers.</summary>
    public BuildIdentity? After { get; init; }
    /// <summary>The image before.</summary>
    public required string ImageBefore { get; init; }
    /// <summary>The image that was asked for.</summary>
    public required string Image { get; init; }
    /// <summary>What was done with the database.</summary>
    public required RollbackStrategy Strategy { get; init; }
    /// <summary>How the container was switched.</summary>
    public required SwitchStrategy Switch { get; init; }
    /// <summary>What <c>alembic_version</c> named before.</summary>
    public IReadOnlyList<string> RevisionsBefore { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What it names now; empty when it could not be read.</summary>
    public IReadOnlyList<string> Revisions { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What was dropped for good.</summary>
    public IReadOnlyList<SchemaLoss> Losses { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaLoss>();
    /// <summary>The backup that was made before a downgrade, or that was restored, absolute; null when there was none.</summary>
    public string? BackupPath { get; init; }
    /// <summary>What was kept to undo it with, each a container, file or database; it is yours to remove.</summary>
    public IReadOnlyList<string> Kept { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What the gate found; null when it was not reached.</summary>
    public GateResult? Gate { get; init; }
    /// <summary>The outage as it was measured; null where it could not be.</summary>
    public Outage? Outage { get; init; }
    /// <summary>The pin; null when none was written.</summary>
    public Pin? Pin { get; init; }
    /// <summary>Every step as it went.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init => field = ReadableList.Of(value); }
    /// <summary>What the operator should know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What to do next; null when there is nothing.</summary>
    public string? Recommendation { get; init; }
    /// <summary>From the first step to the last.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>What was seen of it afterwards; null where it was not watched.</summary>
    public ObservationResult? Observation { get; init; }
    /// <summary>The deployment as it is now.</summary>
    public required Deployment Deployment { get; init; }

    /// <summary>The database's revision now; null when it has several, or could not be read.</summary>
    public string? Revision => Revisions is [var one] ? one : null;
    /// <summary>Where it answers.</summary>
    public Uri? Uri => Deployment.Uri;

    /// <summary>For people: what became of it.</summary>
    public override string ToString() => $"{Id}: {Name} to {Image}, {Readable.Outcome(Succeeded, Reverted, Reason)}";
}
