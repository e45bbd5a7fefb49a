namespace ShoreGuard.Rollback;

/// <summary>The gateways of an endpoint, together.</summary>
public sealed record GatewaySummary
{
    /// <summary>How many are registered; null when ShoreGuard does not say (its database is down).</summary>
    public int? Total { get; init; }
    /// <summary>How many are connected; null when ShoreGuard does not say.</summary>
    public int? Connected { get; init; }
    /// <summary>Whether ShoreGuard calls the set degraded.</summary>
    public bool Degraded { get; init; }
    /// <summary>Each gateway, where ShoreGuard lists them.</summary>
    public IReadOnlyList<GatewayState> Gateways { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<GatewayState>();
    /// <summary>For people.</summary>
    public override string ToString() => Total is null ? "not said" : $"{Connected} of {Total} connected";
}
