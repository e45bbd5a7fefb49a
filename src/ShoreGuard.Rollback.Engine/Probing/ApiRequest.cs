namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>What to ask of an API.</summary>
public sealed record ApiRequest
{
    /// <summary>Where, and how the requests get there.</summary>
    public required EndpointRoute Route { get; init; }
    /// <summary>The deployment's name; null where only an address is asked.</summary>
    public string? Name { get; init; }
    /// <summary>With what; null for no key, which ShoreGuard refuses.</summary>
    public ApiToken? Token { get; init; }
    /// <summary>How long each call may take, waiting for a limit of requests included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Whether any TLS certificate will do.</summary>
    public bool SkipCertificateCheck { get; init; }
    /// <summary>The gateways to ask for their sandboxes: names with <c>*</c>, <c>?</c> and <c>[…]</c>, in any case; all when empty.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [];
    /// <summary>How many gateways are asked at most.</summary>
    public int First { get; init; } = 20;
    /// <summary>More paths to ask, each from its first slash on.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
    /// <summary>What was found before a change; null when nothing is compared.</summary>
    public ApiReport? Before { get; init; }
}
