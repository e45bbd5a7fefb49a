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

/// <summary>What the runbook's first step concludes from the probes.</summary>
public enum Diagnosis
{
    /// <summary>Nothing is wrong.</summary>
    Healthy,
    /// <summary>A dependency (database, gateway) fails: configuration or infrastructure, not the image.</summary>
    DependencyFailure,
    /// <summary>The process lives and its dependencies answer, but the build itself misbehaves.</summary>
    ImageSuspected,
    /// <summary>The build that runs is not the one that was expected: the pipeline is wrong, not the code.</summary>
    WrongBuild,
    /// <summary>Nothing answers there.</summary>
    Unreachable,
    /// <summary>What answers is not ShoreGuard: a proxy's page, another service.</summary>
    NotShoreGuard,
}

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

/// <summary>What one of ShoreGuard's three probes answered.</summary>
public sealed record ProbeResult
{
    /// <summary>The path that was asked, for example <c>/readyz?verbose=1</c>.</summary>
    public required string Path { get; init; }
    /// <summary>The HTTP status; null when no answer came.</summary>
    public int? StatusCode { get; init; }
    /// <summary>Milliseconds from the request to the end of the answer, or to the failure.</summary>
    public required double LatencyMs { get; init; }
    /// <summary>Why the answer is no use: refused, timed out, not JSON, and so on; null when it is well formed.</summary>
    public string? Error { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() =>
        $"{Path}: {(Error is { Length: > 0 } ? Error : $"{StatusCode} after {Readable.Duration(TimeSpan.FromMilliseconds(LatencyMs))}")}";
}

/// <summary>One check of <c>/readyz</c>.</summary>
public sealed record HealthCheck
{
    /// <summary>The name as ShoreGuard gives it, for example <c>background_cleanup</c>.</summary>
    public required string Name { get; init; }
    /// <summary>How it is.</summary>
    public required CheckState State { get; init; }
    /// <summary>ShoreGuard's own words, for example <c>dead</c> or the text of a database error.</summary>
    public string? Message { get; init; }
    /// <summary>Milliseconds the check took, where ShoreGuard measures them.</summary>
    public double? LatencyMs { get; init; }
    /// <summary>Seconds since a background task last reported, where ShoreGuard says.</summary>
    public double? AgeSec { get; init; }
    /// <summary>Whether the caller asked to leave this check out of the verdict.</summary>
    public bool Ignored { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name} {State}{(Ignored ? ", ignored" : "")}";
}

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

/// <summary>How a ShoreGuard endpoint is, what that means, and what to do next.</summary>
public sealed record HealthReport
{
    /// <summary>The deployment's name; null when only an address was asked.</summary>
    public string? Name { get; init; }
    /// <summary>The endpoint that was asked.</summary>
    public required Uri Uri { get; init; }
    /// <summary>How the requests got there.</summary>
    public ProbeRoute Route { get; init; }
    /// <summary>The verdict in one word.</summary>
    public required HealthStatus Status { get; init; }
    /// <summary>Whether <c>/healthz</c> answered as ShoreGuard does.</summary>
    public required bool Live { get; init; }
    /// <summary>Whether <c>/readyz</c> is ready, ignored checks left out.</summary>
    public required bool Ready { get; init; }
    /// <summary>Every check of <c>/readyz</c>, in ShoreGuard's order; unknown ones are kept.</summary>
    public IReadOnlyList<HealthCheck> Checks { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<HealthCheck>();
    /// <summary>The gateways.</summary>
    public GatewaySummary Gateways { get; init; } = new();
    /// <summary>The build that answers; null when <c>/version</c> could not be read.</summary>
    public BuildIdentity? Identity { get; init; }
    /// <summary>The fields in which the build differs from what was expected, each as a sentence.</summary>
    public IReadOnlyList<string> IdentityDifferences { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The probe of <c>/healthz</c>.</summary>
    public required ProbeResult Liveness { get; init; }
    /// <summary>The probe of <c>/readyz?verbose=1</c>.</summary>
    public required ProbeResult Readiness { get; init; }
    /// <summary>The probe of <c>/version</c>.</summary>
    public required ProbeResult Version { get; init; }
    /// <summary>What the runbook concludes.</summary>
    public required Diagnosis Diagnosis { get; init; }
    /// <summary>The conclusion as a sentence, with its evidence.</summary>
    public required string Explanation { get; init; }
    /// <summary>What to do next.</summary>
    public required string Recommendation { get; init; }
    /// <summary>What was begun on the deployment and not brought to an end, and what ends it, as Get-ShoreGuardDeployment has found it;
    /// null when nothing was.</summary>
    public string? Unfinished { get; init; }
    /// <summary>When the probes were sent, UTC.</summary>
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>Whether a schedule may be content: <see cref="HealthStatus.Healthy"/> or <see cref="HealthStatus.Degraded"/>.</summary>
    public bool IsHealthy => Status is HealthStatus.Healthy or HealthStatus.Degraded;
    /// <summary>For people.</summary>
    public override string ToString() => $"{Status}: {Explanation}";
}
