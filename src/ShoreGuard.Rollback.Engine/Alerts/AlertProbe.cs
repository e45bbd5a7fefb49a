namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>Looks for the alerts that fire, are pending, or have fired since a deploy.</summary>
public static class AlertProbe
{
    private const string Metric = "ALERTS";
    private const string ActivationMetric = "ALERTS_FOR_STATE";
    private const string StateLabel = "alertstate";

    private static readonly TimeSpan Recently = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(3650);
    private static readonly TimeSpan TellableDifference = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SmallDifference = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CoarseStep = TimeSpan.FromMinutes(10);

    /// <summary>Looks. That Prometheus cannot be asked is a report that says so, and never an empty list alone.</summary>
    /// <param name="request">What to look for.</param>
    /// <param name="reporter">Told of what is asked again; null for nobody.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static async Task<AlertReport> FindAsync(AlertRequest request, IReporter? reporter, CancellationToken cancellation)
    {
        try
        {
            var found = await LookAsync(request, reporter, cancellation).ConfigureAwait(false);
            return request.Alertmanager is { } alertmanager ? await WithSuppressionAsync(found, alertmanager, reporter, cancellation).ConfigureAwait(false) : found;
        }
        catch (ShoreGuardException error)
        {
            return new() { PrometheusUri = request.Prometheus.Uri, Inconclusive = error };
        }
    }

    private static async Task<AlertReport> LookAsync(AlertRequest request, IReporter? reporter, CancellationToken cancellation)
    {
        using var client = new PrometheusClient(request.Prometheus, reporter);
        var asked = DateTimeOffset.UtcNow;
        if (request.Since > asked)
            throw Errors.SinceInFuture(request.Since.Value);
        var there = await client.ReadClockAsync(cancellation).ConfigureAwait(false);
        // Half of the way there and back.
        var ahead = there - (asked + ((DateTimeOffset.UtcNow - asked) / 2));
        var offset = ahead.Duration() > SmallDifference ? ahead : TimeSpan.Zero;
        var deployedAt = (request.Deployment?.CreatedAt ?? request.Deployment?.StartedAt) + offset;
        var since = request.Since < asked - LongAgo ? there - LongAgo : request.Since + offset ?? deployedAt ?? there - DeployRelation.Lookback;
        var span = AlertSpan.Between(Earliest(since, deployedAt, there) - DeployRelation.Lookback, there);
        var states = await client.ReadAsync(AlertSelector.Query(Metric, request.Selectors), span, cancellation).ConfigureAwait(false);
        var activations = await client.ReadAsync(AlertSelector.Query(ActivationMetric, request.Selectors), span, cancellation).ConfigureAwait(false);
        var seen = new AlertLook(request, span, since, deployedAt, offset);
        var alerts = seen.Alerts(states, activations);
        var warnings = client.Warnings.Select(said => $"{request.Prometheus} says of its answer, which may be incomplete: {said.TrimEnd('.')}.").ToList();
        if (offset.Duration() > TellableDifference)
            warnings.Add($"The clock of {request.Prometheus} is {Readable.Duration(offset.Duration())} {(offset > TimeSpan.Zero ? "ahead of" : "behind")} this machine's. Times are given by this machine's.");
        if (span.Step > CoarseStep)
            warnings.Add($"So far back, {request.Prometheus} is looked at once every {Readable.Duration(span.Step)}: what fired for less can be missed. -Since narrows the look.");
        if (states.Count == 0 && await client.HasRulesAsync(cancellation).ConfigureAwait(false) == false)
            warnings.Add($"{request.Prometheus} has no alerting rules: that no alert fires says nothing.");
        return new() { PrometheusUri = request.Prometheus.Uri, Alerts = alerts, Warnings = warnings, Step = span.Step };
    }

    // A deploy of days ago would make the look at an hour a coarse one.
    private static DateTimeOffset Earliest(DateTimeOffset since, DateTimeOffset? deployedAt, DateTimeOffset now) =>
        deployedAt is { } deploy && deploy < since && deploy > now - Recently ? deploy : since;

    /// <summary>A look: what was asked for, and on which clock.</summary>
    private sealed record AlertLook(AlertRequest Request, AlertSpan Span, DateTimeOffset Since, DateTimeOffset? DeployedAt, TimeSpan Offset)
    {
        public IReadOnlyList<Alert> Alerts(IReadOnlyList<AlertSeries> states, IReadOnlyList<AlertSeries> activations)
        {
            var all = states.Concat(activations).GroupBy(KeyOf).SelectMany(series => AlertsOf([.. series]));
            return [.. all.OrderBy(alert => alert.State == AlertState.Ended).ThenByDescending(alert => alert.Relation)
                .ThenBy(alert => alert.StartedAt).ThenBy(alert => alert.Selector, StringComparer.Ordinal)];
        }

        private IEnumerable<Alert> AlertsOf(IReadOnlyList<AlertSeries> series)
        {
            var labels = LabelsOf(series[0]).ToList();
            var episodes = AlertHistory.Episodes(
                Samples(series, each => each.Labels["__name__"] == ActivationMetric),
                Samples(series, each => each.Labels.GetValueOrDefault(StateLabel) == "firing"),
                Samples(series, each => each.Labels.GetValueOrDefault(StateLabel) == "pending"), Span);
            foreach (var episode in episodes.Where(IsMeant))
                yield return AlertOf(episode, episodes, labels);
        }

        private bool IsMeant(AlertEpisode episode) => episode.EndedAt is not { } ended || (episode.HasFired && ended > Since);

        private Alert AlertOf(AlertEpisode episode, IReadOnlyList<AlertEpisode> all, List<KeyValuePair<string, string>> labels)
        {
            var name = labels.FirstOrDefault(label => label.Key == AlertSelector.NameLabel).Value ?? "";
            var (relation, sentence) = DeployRelation.Of(episode, all, DeployedAt);
            return new()
            {
                Name = name,
                State = episode.State,
                StartedAt = episode.StartedAt - Offset,
                FiredAt = episode.FiredAt - Offset,
                EndedAt = episode.EndedAt - Offset,
                Duration = (episode.EndedAt ?? Span.Until) - episode.StartedAt,
                Relation = relation,
                Explanation = AlertFacts.Explain(name, relation, sentence),
                Labels = [.. labels.Where(label => label.Key != AlertSelector.NameLabel).Select(label => new AlertMatcher(label.Key, "=", label.Value).ToString())],
                Selector = AlertSelector.Of(labels).ToString(),
                DeployedAt = DeployedAt - Offset,
                DeploymentName = Request.Deployment?.Name,
                PrometheusUri = Request.Prometheus.Uri,
            };
        }

        private static List<AlertSample> Samples(IReadOnlyList<AlertSeries> series, Func<AlertSeries, bool> isMeant) =>
            [.. series.Where(isMeant).SelectMany(each => each.Samples).OrderBy(sample => sample.Time)];

        private static string KeyOf(AlertSeries series) => AlertSelector.Of(LabelsOf(series)).ToString();

        // What is left is what the alert itself has.
        private static IEnumerable<KeyValuePair<string, string>> LabelsOf(AlertSeries series) =>
            series.Labels.Where(label => label.Key is not ("__name__" or StateLabel)).OrderBy(label => label.Key != AlertSelector.NameLabel).ThenBy(label => label.Key, StringComparer.Ordinal);
    }

    private static async Task<AlertReport> WithSuppressionAsync(AlertReport found, MonitorEndpoint endpoint, IReporter? reporter, CancellationToken cancellation)
    {
        try
        {
            using var client = new AlertmanagerClient(endpoint, reporter);
            var known = await client.ReadAlertsAsync(cancellation).ConfigureAwait(false);
            return found with { Alerts = [.. found.Alerts.Select(alert => alert with { AlertmanagerUri = endpoint.Uri, Suppression = SuppressionOf(alert, known) })] };
        }
        catch (ShoreGuardException error)
        {
            return found with { AlertmanagerFailure = error };
        }
    }

    // Prometheus sends an alert with its own external labels beside the alert's. Where some of its copies are told, somebody is.
    private static AlertSuppression SuppressionOf(Alert alert, IReadOnlyList<AlertmanagerClient.Known> known)
    {
        var labels = AlertSelector.Of(alert.Selector).Matchers;
        var states = alert.State != AlertState.Firing ? [] : known
            .Where(each => labels.All(label => each.Labels.GetValueOrDefault(label.Name) == label.Value)).Select(each => each.Suppression).ToList();
        return states.Count == 0 ? AlertSuppression.Unknown : states.Contains(AlertSuppression.None) ? AlertSuppression.None : states[0];
    }
}
