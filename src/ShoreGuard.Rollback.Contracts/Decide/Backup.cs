namespace ShoreGuard.Rollback;

/// <summary>A backup of a ShoreGuard database: one that was just made and proven, or one that was found in a folder.</summary>
/// <remarks>
/// Of one that was found, what its file does not say itself comes from its sidecar, the file of the same name with <c>.json</c> behind
/// it; a backup of ShoreGuard's own scripts has none. Nothing of a found one has been proven: <c>Test-ShoreGuardBackup</c> does that.
/// </remarks>
public sealed record Backup
{
    /// <summary>The backup file, absolute.</summary>
    public required string BackupPath { get; init; }
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The database it was made of: the URL, the password replaced by <c>***</c>; null when nobody knows any more.</summary>
    public string? Database { get; init; }
    /// <summary>The deployment whose database it was; null when none was given, or nobody knows any more.</summary>
    public string? DeploymentName { get; init; }
    /// <summary>The Alembic revision in it, read from the file itself; null when it could not be read.</summary>
    public string? Revision { get; init; }
    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }
    /// <summary>Bytes of a dump's SQL, by which the room that its restore takes is estimated; null for SQLite, and when it was not written down.</summary>
    public long? TextSize { get; init; }
    /// <summary>SHA-256 that the file had when it was made, 64 hexadecimal digits; null when it was not written down.</summary>
    public string? Sha256 { get; init; }
    /// <summary>The rows of every table when it was made; empty when they were not written down.</summary>
    public IReadOnlyList<TableRows> Rows { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<TableRows>();
    /// <summary>What was checked when it was made; empty for one that was found.</summary>
    public IReadOnlyList<DatabaseCheck> Checks { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<DatabaseCheck>();
    /// <summary>Which build was running when it was made, where a deployment was given.</summary>
    public BuildIdentity? Identity { get; init; }
    /// <summary>When it was made, UTC: by its sidecar, else by its name, else when the file was last written. Where that is in the future, a clock
    /// was wrong, and
    /// nobody knows how old it is.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>How long it took, proofs included; null for one that was found.</summary>
    public TimeSpan? Duration { get; init; }
    /// <summary>Why a found one cannot be read; null when it can, as far as was looked.</summary>
    public string? Problem { get; init; }
    /// <summary>Whether its file could not be looked into for want of a tool, so that its revision is the sidecar's.</summary>
    public bool IsUnread { get; init; }
    /// <summary>The release that was running when it was made; null when nobody knows.</summary>
    public string? Release => Identity?.Version;
    /// <summary>How old it is now: what was written since is not in it.</summary>
    public TimeSpan Age => DateTimeOffset.UtcNow - CreatedAt;
    /// <summary>All rows together.</summary>
    public long TotalRows => Rows.Sum(table => table.Rows);
    /// <summary>For people: the path.</summary>
    public override string ToString() => BackupPath;
}
