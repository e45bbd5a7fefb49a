namespace ShoreGuard.Rollback;

/// <summary>A rollback as it was asked for.</summary>
public sealed record RollbackOptions
{
    /// <summary>The release to go back to; null when another one of these is given.</summary>
    public string? Version { get; init; }
    /// <summary>The commit to go back to; null when another one of these is given.</summary>
    public string? GitSha { get; init; }
    /// <summary>The image to go back to; null when another one of these is given.</summary>
    public string? Image { get; init; }
    /// <summary>Whether to go back to the newest earlier release that is known to be good.</summary>
    public bool Previous { get; init; }
    /// <summary>What may be done with the database.</summary>
    public RollbackStrategy Strategy { get; init; }
    /// <summary>How the container is switched.</summary>
    public SwitchStrategy Switch { get; init; }
    /// <summary>Where the target is pinned.</summary>
    public PinTarget Pin { get; init; }
    /// <summary>How long the new build may take to become ready.</summary>
    public TimeSpan GatePatience { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>How long it then has to stay ready.</summary>
    public TimeSpan GateStability { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Checks that do not count, by wildcard.</summary>
    public IReadOnlyList<string> IgnoredChecks { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The folder in which backups are made and looked for, absolute.</summary>
    public required string BackupFolder { get; init; }
    /// <summary>The backup to restore, absolute; null to choose one of the folder.</summary>
    public string? BackupPath { get; init; }
    /// <summary>The recovery point objective: how much may be lost at most, in time; null where that does not matter.</summary>
    public TimeSpan? Rpo { get; init; }
    /// <summary>Whether to go on where the runbook says to stop: a dependency fails, or the build is not the one that was published.</summary>
    public bool Force { get; init; }
    /// <summary>Whether the build that is left may be gone back to afterwards; without it, it is blocked.</summary>
    public bool NoBlock { get; init; }
    /// <summary>For people: where to, and what may be done with the database.</summary>
    public override string ToString() => $"to {Version ?? GitSha ?? Image ?? "the release before"}, {Strategy}";
}
