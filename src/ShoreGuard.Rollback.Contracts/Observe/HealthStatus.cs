namespace ShoreGuard.Rollback;

/// <summary>How an endpoint is doing, worst last.</summary>
public enum HealthStatus
{
    /// <summary>Live, ready, and every check is well.</summary>
    Healthy,
    /// <summary>Live and ready, but a check is stalled or degraded.</summary>
    Degraded,
    /// <summary>Live and ready, but not the build that was expected.</summary>
    WrongBuild,
    /// <summary>The process answers, but is not ready.</summary>
    NotReady,
    /// <summary>Something answers that is not ShoreGuard, or ShoreGuard answers with what cannot be read.</summary>
    Invalid,
    /// <summary>Nothing answers: refused, timed out, no such host, or TLS failed.</summary>
    Unreachable,
}
