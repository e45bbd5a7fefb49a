namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>What is written down before each step of a downgrade, so that the next call knows what a killed one was at. Holds no secret.</summary>
internal sealed record DowngradeNote
{
    public required string DockerHost { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> From { get; init; }
    public required string To { get; init; }
    /// <summary>The id of the image with the scripts.</summary>
    public required string ImageId { get; init; }
    /// <summary>The name of the one-off container.</summary>
    public required string Worker { get; init; }
    public required bool WasRunning { get; init; }
    /// <summary>The backup to put back; null until it is proven, and so until the database is touched.</summary>
    public string? BackupPath { get; init; }
    /// <summary>The mark of a PostgreSQL database when the backup was made and the application was stopped; null before that, or when it could not be
    /// taken.</summary>
    public string? Mark { get; init; }
    /// <summary>What putting the backup back has kept of what the downgrade had left, or is about to: of use to nobody, since nobody wrote to it.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>Whether it has come to its end, good or put back, and only its container is left to take away.</summary>
    public bool IsConcluded { get; init; }
}
