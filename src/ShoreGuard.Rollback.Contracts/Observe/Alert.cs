namespace ShoreGuard.Rollback;

/// <summary>An alert of Prometheus that fires, is pending or has fired, and how that is related to a deploy.</summary>
public sealed record Alert
{
    /// <summary>The name of its rule, for example <c>ShoreGuardDown</c>.</summary>
    public required string Name { get; init; }
    /// <summary>What it does now.</summary>
    public required AlertState State { get; init; }
    /// <summary>When its condition began to hold, UTC, to the second. It fires once that has lasted for as long as its rule wants.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it was first seen to fire, UTC, at most one step of the look late; null while it is pending, and where it fired before what was
    /// looked at.</summary>
    public DateTimeOffset? FiredAt { get; init; }
    /// <summary>When it was first seen to fire no longer, UTC, at most one step of the look late; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>From its start to its end, or to the look.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>How it is related to the deploy.</summary>
    public AlertRelation Relation { get; init; }
    /// <summary>That relation as a sentence.</summary>
    public required string Explanation { get; init; }
    /// <summary>Its labels but for its name, each as <c>name="value"</c>, in the order of their names.</summary>
    public IReadOnlyList<string> Labels { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>All its labels, as <c>-Selector</c> takes them: selects this alert.</summary>
    public required string Selector { get; init; }
    /// <summary>When the deploy was made that it is related to, UTC; null without one.</summary>
    public DateTimeOffset? DeployedAt { get; init; }
    /// <summary>The name of the deployment that it is related to; null without one.</summary>
    public string? DeploymentName { get; init; }
    /// <summary>Whether Alertmanager tells anybody of it.</summary>
    public AlertSuppression Suppression { get; init; }
    /// <summary>The Prometheus that gave it.</summary>
    public required Uri PrometheusUri { get; init; }
    /// <summary>The Alertmanager that was asked; null when none was.</summary>
    public Uri? AlertmanagerUri { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name}: {State}, {Explanation}";
}
