using ShoreGuard.Rollback.Engine.Operations.Downgrading;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>What has to be known to end a rollback whose process was killed. Written before each change that it tells of; holds no secret.</summary>
internal sealed record RollbackNote
{
    /// <summary>The id of the container before.</summary>
    public required string ContainerBefore { get; init; }
    /// <summary>The image before, with the registry's digest where it has one.</summary>
    public required string ImageBefore { get; init; }
    /// <summary>Whether it ran.</summary>
    public required bool WasRunning { get; init; }
    /// <summary>The checks that failed before: they say nothing against a build that is put back.</summary>
    public IReadOnlyList<string> FailedBefore { get; init; } = [];
    /// <summary>Where backups are.</summary>
    public required string BackupFolder { get; init; }
    /// <summary>The pin that is about to be written, or is; null for none.</summary>
    public Pin? Pin { get; init; }
    /// <summary>Whether the file of the pin was there before.</summary>
    public bool PinFileExisted { get; init; }
    /// <summary>The backup that is restored, or that was made before a downgrade.</summary>
    public string? BackupPath { get; init; }
    /// <summary>The name under which a restore keeps the database before, there or about to be.</summary>
    public string? Kept { get; init; }
    /// <summary>The rows of every table when the database had been changed and nobody had been let at it yet; null before that.</summary>
    public IReadOnlyList<TableRows>? Rows { get; init; }
    /// <summary>The mark of the database then; null when it could not be taken.</summary>
    public string? Mark { get; init; }
    /// <summary>The databases that a recovery has put aside, with what was written to them.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];
    /// <summary>The downgrade that is made, or has been; null before it.</summary>
    public DowngradeNote? Downgrade { get; init; }
    /// <summary>The ids of the operations on the other replicas, which are switched together or not at all.</summary>
    public IReadOnlyList<string> Siblings { get; init; } = [];
    /// <summary>Since when nobody was served, UTC: the moment before the old container was told to stop; null before that, and once something serves
    /// again.</summary>
    public DateTimeOffset? DownSince { get; init; }
    /// <summary>How long nobody was served in the parts of it that were interrupted before.</summary>
    public TimeSpan OutageBefore { get; init; }
    /// <summary>The container now, once it has held.</summary>
    public string? ContainerAfter { get; init; }
    /// <summary>Whether the gate was to ask the API of the new build, with a key that is written down nowhere.</summary>
    public bool WantsSmokeTest { get; init; }
    /// <summary>Whether the new build has held and is pinned: from here on it stays, and only what the way back needed is taken away.</summary>
    public bool HasHeld { get; init; }
    /// <summary>The silences that end with it.</summary>
    public IReadOnlyList<Silence> Silences { get; init; } = [];
    /// <summary>The build that is blocked once the new one has held; null where none is.</summary>
    public BlockedImage? Blocks { get; init; }
}
