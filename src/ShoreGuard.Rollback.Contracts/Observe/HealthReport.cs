namespace ShoreGuard.Rollback;

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
