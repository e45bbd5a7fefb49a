namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>What alerts to look for, and to what they are related.</summary>
public sealed record AlertRequest
{
    /// <summary>The Prometheus.</summary>
    public required MonitorEndpoint Prometheus { get; init; }
    /// <summary>The Alertmanager that says whether anybody is told; null for none.</summary>
    public MonitorEndpoint? Alertmanager { get; init; }
    /// <summary>Which alerts.</summary>
    public IReadOnlyList<AlertSelector> Selectors { get; init; } = AlertSelector.Defaults;
    /// <summary>The deployment to whose deploy they are related; null for none.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>Those that ended before are left out; null for the deploy, or without one the last hour.</summary>
    public DateTimeOffset? Since { get; init; }
}
