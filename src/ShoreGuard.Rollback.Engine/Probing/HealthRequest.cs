namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>What to ask of an endpoint, and what to expect.</summary>
public sealed record HealthRequest
{
    /// <summary>The base address; a path prefix is kept.</summary>
    public required Uri Uri { get; init; }
    /// <summary>How the requests get there; null for the address as it is. Its own base address is the one that is asked.</summary>
    public EndpointRoute? Route { get; init; }
    /// <summary>The deployment's name; null where only an address is asked.</summary>
    public string? Name { get; init; }
    /// <summary>What was left unfinished of it, a sentence or two; null when nothing was.</summary>
    public string? Unfinished { get; init; }
    /// <summary>How long each probe may take, from the name's resolution to the end of the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Whether any TLS certificate will do.</summary>
    public bool SkipCertificateCheck { get; init; }
    /// <summary>Checks to leave out of the verdict: names with <c>*</c>, <c>?</c> and <c>[…]</c>, in any case.</summary>
    public IReadOnlyList<string> IgnoredChecks { get; init; } = [];
    /// <summary>Whether gateway discovery is turned on; null where the route's deployment says so, or nobody knows. Off by a build's default, it does
    /// not count as a check that fails.</summary>
    public bool? DiscoveryEnabled { get; init; }
    /// <summary>The alerts that are known of it; those that began after its deploy are named.</summary>
    public IReadOnlyList<Alert> Alerts { get; init; } = [];
    /// <summary>The release that should answer; null where any will do.</summary>
    public string? ExpectedVersion { get; init; }
    /// <summary>The commit that should answer, or its first digits, or the tag <c>sha-…</c>; null where any will do.</summary>
    public string? ExpectedGitSha { get; init; }
    /// <summary>When the build that should answer was made; null where any will do.</summary>
    public DateTimeOffset? ExpectedBuildTime { get; init; }

    internal bool ExpectsABuild => ExpectedVersion is not null || ExpectedGitSha is not null || ExpectedBuildTime is not null;
}
