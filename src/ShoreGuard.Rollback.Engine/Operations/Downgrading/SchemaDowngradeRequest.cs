using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>Which deployment's database goes down, and how far.</summary>
public sealed record SchemaDowngradeRequest
{
    /// <summary>Where it is remembered, and where is found what was.</summary>
    public required StateStore State { get; init; }
    /// <summary>The deployment.</summary>
    public required Deployment Deployment { get; init; }
    /// <summary>The revision.</summary>
    public required string To { get; init; }
    /// <summary>The image with the scripts; null for the one that the deployment runs.</summary>
    public string? Image { get; init; }
    /// <summary>The folder for the backup, absolute; where backups are looked for, too.</summary>
    public required string BackupFolder { get; init; }

    /// <summary>As databases are asked for.</summary>
    internal Databases.DatabaseRequest Database => new() { Deployment = Deployment, BaseFolder = BackupFolder };
}
