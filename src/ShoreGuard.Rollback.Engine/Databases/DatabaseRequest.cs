namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Which database the operator means.</summary>
public sealed record DatabaseRequest
{
    internal const string Variable = "SHOREGUARD_DATABASE_URL";

    /// <summary>A SQLAlchemy URL; null to take the deployment's, or what <c>SHOREGUARD_DATABASE_URL</c> of this process says.</summary>
    public string? Url { get; init; }
    /// <summary>The deployment whose database it is; null when a URL says so.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>How it is reached.</summary>
    public DatabaseTransport Transport { get; init; }
    /// <summary>Whether, when the deployment's container is gone, one that has its name now stands for it.</summary>
    internal bool AcceptsSuccessor { get; init; }
    /// <summary>The folder to which a relative SQLite path in <see cref="Url"/> belongs, absolute.</summary>
    public required string BaseFolder { get; init; }

    /// <summary>The URL that counts where no deployment is given.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseNotNamed</c>.</exception>
    internal string EffectiveUrl() =>
        Url ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } url ? url : throw Errors.DatabaseNotNamed());
}
