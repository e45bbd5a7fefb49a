using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Guarding;

/// <summary>Which release is to be deployed where, and what it has to fulfil.</summary>
public sealed record ReleaseTestRequest
{
    /// <summary>Where is found what is blocked, and where backups are.</summary>
    public required StateStore State { get; init; }
    /// <summary>The deployment that it is for; null where only the image is looked at.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>The release, by the tag in the deployment's repository; null when the image is given.</summary>
    public string? Version { get; init; }
    /// <summary>The image; null when the release is given.</summary>
    public string? Image { get; init; }
    /// <summary>The engine, where there is no deployment; null for the default one.</summary>
    public string? DockerHost { get; init; }
    /// <summary>What has to hold, besides that it is not blocked.</summary>
    public IReadOnlyList<ReleaseRequirement> Required { get; init; } = [];
    /// <summary>Who has to have signed it.</summary>
    public SignatureRules Signature { get; init; } = new();
    /// <summary>How old the backup may be.</summary>
    public TimeSpan Rpo { get; init; } = TimeSpan.FromDays(1);
    /// <summary>Where backups are looked for, besides those that the journal knows, absolute.</summary>
    public required string BackupFolder { get; init; }
    /// <summary>The registry credential; null for the one stored by docker login.</summary>
    public RegistryCredential? Credential { get; init; }
}
