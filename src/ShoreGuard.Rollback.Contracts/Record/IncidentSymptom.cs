namespace ShoreGuard.Rollback;

/// <summary>What was wrong with the build, as it was seen before anything was changed.</summary>
public sealed record IncidentSymptom
{
    /// <summary>The verdict in one word; null where nobody asked.</summary>
    public HealthStatus? Status { get; init; }
    /// <summary>What the runbook concludes; null where nobody asked.</summary>
    public Diagnosis? Diagnosis { get; init; }
    /// <summary>What was found, as a sentence, with its evidence.</summary>
    public required string Explanation { get; init; }
    /// <summary>The checks that were not well.</summary>
    public IReadOnlyList<HealthCheck> Checks { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<HealthCheck>();
    /// <summary>What its API answered; null where no key was given.</summary>
    public ApiReport? Api { get; init; }
    /// <summary>The alerts that were known when the rollback was decided.</summary>
    public IReadOnlyList<Alert> Alerts { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<Alert>();
    /// <summary>The last lines that the container had written, the oldest first; recognisable secrets are taken out.</summary>
    public IReadOnlyList<string> Log { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>For people.</summary>
    public override string ToString() => Explanation;
}
