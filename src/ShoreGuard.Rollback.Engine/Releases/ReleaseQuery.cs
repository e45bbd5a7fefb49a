using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>Which of the releases.</summary>
public enum ReleaseChoice
{
    /// <summary>All that match.</summary>
    All,
    /// <summary>The newest.</summary>
    Latest,
    /// <summary>The one before the one that runs.</summary>
    Previous,
}

/// <summary>Which releases an operator wants to see.</summary>
public sealed record ReleaseQuery
{
    /// <summary>Where known good and blocked builds are marked.</summary>
    public required StateStore State { get; init; }
    /// <summary>The repository; null for the deployment's.</summary>
    public string? Repository { get; init; }
    /// <summary>The deployment they are for; null when only a repository is asked for.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>The engine, where there is no deployment.</summary>
    public string? DockerHost { get; init; }
    /// <summary>The registry credential; null for the one stored by docker login.</summary>
    public RegistryCredential? Credential { get; init; }
    /// <summary>Versions or tags, with wildcards; empty for any.</summary>
    public IReadOnlyList<string> Versions { get; init; } = [];
    /// <summary>Commits by their first digits, or with wildcards; empty for any.</summary>
    public IReadOnlyList<string> GitShas { get; init; } = [];
    /// <summary>Which of those.</summary>
    public ReleaseChoice Choice { get; init; }

    internal bool IsFiltered => Versions.Count > 0 || GitShas.Count > 0;
}
