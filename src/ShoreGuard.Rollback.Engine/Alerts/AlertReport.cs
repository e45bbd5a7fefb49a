namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>What a look for alerts has found.</summary>
public sealed record AlertReport
{
    /// <summary>The Prometheus that was asked.</summary>
    public required Uri PrometheusUri { get; init; }
    /// <summary>The alerts, those that may be symptoms first.</summary>
    public IReadOnlyList<Alert> Alerts { get; init; } = [];
    /// <summary>Those that began after the deploy and had not fired before it.</summary>
    public IEnumerable<Alert> Symptoms => Alerts.Where(alert => alert.Relation == AlertRelation.AfterDeploy);
    /// <summary>Why nothing is known, so that an empty list means nothing; null where it was looked.</summary>
    public ShoreGuardException? Inconclusive { get; init; }
    /// <summary>Why it is not known whether anybody is told; null where that is known, or nobody was asked.</summary>
    public ShoreGuardException? AlertmanagerFailure { get; init; }
    /// <summary>What somebody who reads it has to know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
    /// <summary>How precise the ends are, and how long an alert has to have fired to be seen.</summary>
    public TimeSpan Step { get; init; }
}
