namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>How an alert is related to a deploy: only what had not fired before can be a symptom of it.</summary>
internal static class DeployRelation
{
    /// <summary>What fired so long before a deploy counts as known before it.</summary>
    public static readonly TimeSpan Lookback = TimeSpan.FromHours(1);

    // Prometheus cuts off the fraction of the second in which a condition began: it may have begun a moment after.
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(1);

    /// <summary>The relation, and a sentence without its full stop.</summary>
    /// <param name="episode">The time that is meant.</param>
    /// <param name="all">All times of the same alert, that one among them.</param>
    /// <param name="deployedAt">When the deploy was made; null without one.</param>
    public static (AlertRelation Relation, string Sentence) Of(AlertEpisode episode, IReadOnlyList<AlertEpisode> all, DateTimeOffset? deployedAt)
    {
        if (deployedAt is not { } deploy)
            return (AlertRelation.Unknown, $"began at {Readable.Time(episode.StartedAt)}; no deployment was given to relate it to");
        if (episode.StartedAt + Precision <= deploy)
            return (AlertRelation.BeforeDeploy, $"began {Readable.Age(deploy - episode.StartedAt)} before the deploy, so it is no symptom of it");
        var after = $"started {Readable.Age(episode.StartedAt - deploy)} after the deploy";
        var before = all.Where(each => each != episode && each.StartedAt + Precision <= deploy).ToList();
        if (before.Any(each => each.LastSeen >= deploy))
            return (AlertRelation.BeforeDeploy, $"{after}, but had begun before it and only stopped in between, so it is no symptom of it");
        return before.Where(each => each.HasFired && each.LastSeen >= deploy - Lookback).MaxBy(each => each.LastSeen) is { } last
            ? (AlertRelation.Recurring, $"{after}, and had fired until {Readable.Age(deploy - last.LastSeen)} before it as well, so it may be no symptom of it")
            : (AlertRelation.AfterDeploy, after);
    }
}
