using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>What is to be compared with what.</summary>
public sealed record IdentityRequest
{
    /// <summary>The deployment; null when only an address is known.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>Where it answers; null for the deployment's own address.</summary>
    public Uri? Uri { get; init; }
    /// <summary>The published image to compare with; null for the one the container was made from.</summary>
    public string? Image { get; init; }
    /// <summary>The release that should run; null expects none.</summary>
    public string? ExpectedVersion { get; init; }
    /// <summary>The commit, or its first digits; null expects none.</summary>
    public string? ExpectedGitSha { get; init; }
    /// <summary>When it should have been built; null expects nothing.</summary>
    public DateTimeOffset? ExpectedBuildTime { get; init; }
    /// <summary>How long the address may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Whether any certificate will do.</summary>
    public bool SkipCertificateCheck { get; init; }
    /// <summary>The engine, where there is no deployment.</summary>
    public string? DockerHost { get; init; }
    /// <summary>The registry credential; null for the one stored by docker login.</summary>
    public RegistryCredential? Credential { get; init; }

    internal bool ExpectsABuild => ExpectedVersion is not null || ExpectedGitSha is not null || ExpectedBuildTime is not null;
    /// <summary>Whether the registry has to be asked.</summary>
    internal bool NeedsPublished => Image is not null || (Deployment is not null && !ExpectsABuild);
}
