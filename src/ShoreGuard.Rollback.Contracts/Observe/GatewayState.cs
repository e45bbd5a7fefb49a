namespace ShoreGuard.Rollback;

/// <summary>One OpenShell gateway as <c>/readyz?verbose=1</c> lists it.</summary>
public sealed record GatewayState
{
    /// <summary>The gateway's name.</summary>
    public required string Name { get; init; }
    /// <summary>Its status in ShoreGuard's words.</summary>
    public string? Status { get; init; }
    /// <summary>Whether ShoreGuard holds a connection to it.</summary>
    public bool Connected { get; init; }
    /// <summary>When it was last seen, UTC; null if never.</summary>
    public DateTimeOffset? LastSeen { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name} {(Connected ? "connected" : "not connected")}";
}
