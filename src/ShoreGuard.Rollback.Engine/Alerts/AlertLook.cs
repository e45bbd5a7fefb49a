namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>A look at alerts: what was asked for, by the clock of the Prometheus that is asked, and what its series mean.</summary>
internal sealed record AlertLook
{
    internal const string Metric = "ALERTS";
    internal const string ActivationMetric = "ALERTS_FOR_STATE";

    private const string MetricLabel = "__name__";
    private const string StateLabel = "alertstate";
    private static readonly TimeSpan Recently = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(3650);

    private readonly AlertRequest _request;
    private readonly TimeSpan _ahead;
    private readonly DateTimeOffset _since;
    private readonly DateTimeOffset? _deployedAt;

    /// <param name="request">What was asked for, by our clock.</param>
    /// <param name="now">What time it is there.</param>
    /// <param name="ahead">How far that is ahead of ours.</param>
    public AlertLook(AlertRequest request, DateTimeOffset now, TimeSpan ahead)
    {
        (_request, _ahead) = (request, ahead);
        _deployedAt = (request.Deployment?.CreatedAt ?? request.Deployment?.StartedAt) + ahead;
        var earliest = now - LongAgo;
        _since = request.Since < earliest - ahead ? earliest : request.Since + ahead ?? _deployedAt ?? now - DeployRelation.Lookback;
        // A deploy of days ago would make the look at an hour a coarse one.
        var from = _deployedAt is { } deploy && deploy < _since && deploy > now - Recently ? deploy : _since;
        Span = AlertSpan.Between(from - DeployRelation.Lookback, now);
    }

    /// <summary>The time to look at.</summary>
    public AlertSpan Span { get; }

    /// <summary>The alerts that series mean, those that may be symptoms first.</summary>
    public IReadOnlyList<Alert> Alerts(IReadOnlyList<AlertSeries> states, IReadOnlyList<AlertSeries> activations)
    {
        var all = states.Concat(activations).GroupBy(series => SelectorOf(series).ToString()).SelectMany(series => AlertsOf([.. series]));
        return [.. all.OrderBy(alert => alert.State == AlertState.Ended).ThenByDescending(alert => alert.Relation)
            .ThenBy(alert => alert.StartedAt).ThenBy(alert => alert.Selector, StringComparer.Ordinal)];
    }

    private IEnumerable<Alert> AlertsOf(IReadOnlyList<AlertSeries> series)
    {
        var selector = SelectorOf(series[0]);
        var episodes = AlertHistory.Episodes(
            Samples(series, MetricLabel, ActivationMetric), Samples(series, StateLabel, "firing"), Samples(series, StateLabel, "pending"), Span);
        return episodes.Where(IsMeant).Select(episode => AlertOf(episode, episodes, selector));
    }

    private bool IsMeant(AlertEpisode episode) => episode.EndedAt is not { } ended || (episode.HasFired && ended > _since);

    private Alert AlertOf(AlertEpisode episode, IReadOnlyList<AlertEpisode> all, AlertSelector selector)
    {
        var name = selector.Matchers.FirstOrDefault(matcher => matcher.Name == AlertSelector.NameLabel)?.Value ?? "";
        var (relation, sentence) = DeployRelation.Of(episode, all, _deployedAt);
        return new()
        {
            Name = name,
            State = episode.State,
            StartedAt = episode.StartedAt - _ahead,
            FiredAt = episode.FiredAt - _ahead,
            EndedAt = episode.EndedAt - _ahead,
            Duration = (episode.EndedAt ?? Span.Until) - episode.StartedAt,
            Relation = relation,
            Explanation = AlertFacts.Explain(name, relation, sentence),
            Labels = [.. selector.Matchers.Where(matcher => matcher.Name != AlertSelector.NameLabel).Select(matcher => matcher.ToString())],
            Selector = selector.ToString(),
            DeployedAt = _deployedAt - _ahead,
            DeploymentName = _request.Deployment?.Name,
            PrometheusUri = _request.Prometheus.Uri,
        };
    }

    private static List<AlertSample> Samples(IReadOnlyList<AlertSeries> series, string label, string value) =>
        [.. series.Where(each => each.Labels.GetValueOrDefault(label) == value).SelectMany(each => each.Samples).OrderBy(sample => sample.Time)];

    // What is left is what the alert itself has, its name first.
    private static AlertSelector SelectorOf(AlertSeries series) => AlertSelector.Of(series.Labels
        .Where(label => label.Key is not (MetricLabel or StateLabel))
        .OrderBy(label => label.Key != AlertSelector.NameLabel).ThenBy(label => label.Key, StringComparer.Ordinal));
}
