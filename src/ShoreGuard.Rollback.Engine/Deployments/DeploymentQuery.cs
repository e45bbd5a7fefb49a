namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>Which deployments are meant.</summary>
public sealed record DeploymentQuery
{
    /// <summary>Containers by name or id, with wildcards; empty for those of <see cref="Projects"/>.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
    /// <summary>Compose projects, with wildcards; empty for all.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];
    /// <summary>The Compose service.</summary>
    public string Service { get; init; } = "shoreguard";
    /// <summary>The engine's address; null for the default.</summary>
    public string? DockerHost { get; init; }
}
