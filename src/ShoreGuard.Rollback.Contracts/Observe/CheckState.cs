namespace ShoreGuard.Rollback;

/// <summary>The state of one check of <c>/readyz</c>.</summary>
public enum CheckState
{
    /// <summary>The check is well.</summary>
    Ok,
    /// <summary>The check has a value that is neither good nor bad.</summary>
    Info,
    /// <summary>A background task that has not reported for too long; readiness is not affected.</summary>
    Stalled,
    /// <summary>Works in part; readiness is not affected.</summary>
    Degraded,
    /// <summary>The check fails.</summary>
    Failed,
    /// <summary>A background task that has ended.</summary>
    Dead,
}
