namespace ShoreGuard.Rollback;

/// <summary>Whether Alertmanager tells anybody of an alert.</summary>
public enum AlertSuppression
{
    /// <summary>No Alertmanager was asked, or it does not know the alert: it is told of those that fire, a moment later.</summary>
    Unknown,
    /// <summary>It tells.</summary>
    None,
    /// <summary>A silence keeps it quiet.</summary>
    Silenced,
    /// <summary>Another alert keeps it quiet.</summary>
    Inhibited,
}
