namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>A silence to make.</summary>
public sealed record SilenceRequest
{
    /// <summary>The Alertmanager.</summary>
    public required MonitorEndpoint Alertmanager { get; init; }
    /// <summary>Which alerts.</summary>
    public required AlertSelector Selector { get; init; }
    /// <summary>For how long.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>Why.</summary>
    public required string Comment { get; init; }
}
