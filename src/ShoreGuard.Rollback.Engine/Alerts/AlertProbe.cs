namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>Looks for the alerts that fire, are pending, or have fired since a deploy.</summary>
public static class AlertProbe
{
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
            return request.Alertmanager is { } alertmanager
                ? await WithSuppressionAsync(found, alertmanager, reporter, cancellation).ConfigureAwait(false)
                : found;
        }
        catch (ShoreGuardException error)
        {
            return new() { PrometheusUri = request.Prometheus.Uri, Inconclusive = error };
        }
    }

    private static async Task<AlertReport> LookAsync(AlertRequest request, IReporter? reporter, CancellationToken cancellation)
    {
        if (request.Since > DateTimeOffset.UtcNow)
            throw Errors.SinceInFuture(request.Since.Value);
        using var client = new PrometheusClient(request.Prometheus, reporter);
        var (now, ahead) = await CompareClocksAsync(client, cancellation).ConfigureAwait(false);
        var look = new AlertLook(request, now, ahead);
        var states = await ReadAsync(AlertLook.Metric).ConfigureAwait(false);
        var activations = await ReadAsync(AlertLook.ActivationMetric).ConfigureAwait(false);
        var hasRules = states.Count > 0 || await client.HasRulesAsync(cancellation).ConfigureAwait(false) != false;
        return new()
        {
            PrometheusUri = request.Prometheus.Uri,
            Alerts = look.Alerts(states, activations),
            Warnings = [.. Warnings(request.Prometheus, client.Warnings, ahead, look.Span.Step, hasRules)],
            Step = look.Span.Step,
        };

        Task<IReadOnlyList<AlertSeries>> ReadAsync(string metric) => client.ReadAsync(AlertSelector.Query(metric, request.Selectors), look.Span, cancellation);
    }

    private static async Task<(DateTimeOffset Now, TimeSpan Ahead)> CompareClocksAsync(PrometheusClient client, CancellationToken cancellation)
    {
        var asked = DateTimeOffset.UtcNow;
        var now = await client.ReadClockAsync(cancellation).ConfigureAwait(false);
        // It was read half-way between the question and its answer.
        var ahead = now - (asked + ((DateTimeOffset.UtcNow - asked) / 2));
        return (now, ahead.Duration() > SmallDifference ? ahead : TimeSpan.Zero);
    }

    private static IEnumerable<string> Warnings(MonitorEndpoint prometheus, IEnumerable<string> said, TimeSpan ahead, TimeSpan step, bool hasRules)
    {
        foreach (var warning in said)
            yield return $"{prometheus} says of its answer, which may be incomplete: {warning.TrimEnd('.')}.";
        if (ahead.Duration() > TellableDifference)
            yield return $"The clock of {prometheus} is {Readable.Duration(ahead.Duration())} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} this "
                + "machine's. Times are given by this machine's.";
        if (step > CoarseStep)
            yield return $"So far back, {prometheus} is looked at once every {Readable.Duration(step)}: what fired for less can be missed. "
                + "-Since narrows the look.";
        if (!hasRules)
            yield return $"{prometheus} has no alerting rules: that no alert fires says nothing.";
    }

    private static async Task<AlertReport> WithSuppressionAsync(
        AlertReport found, MonitorEndpoint alertmanager, IReporter? reporter, CancellationToken cancellation)
    {
        try
        {
            using var client = new AlertmanagerClient(alertmanager, reporter);
            var known = await client.ReadAlertsAsync(cancellation).ConfigureAwait(false);
            return found with
            {
                Alerts = [.. found.Alerts.Select(alert => alert with { AlertmanagerUri = alertmanager.Uri, Suppression = SuppressionOf(alert, known) })],
            };
        }
        catch (ShoreGuardException error)
        {
            return found with { AlertmanagerFailure = error };
        }
    }

    // Prometheus sends an alert with its own external labels beside the alert's. Where some of its copies are told, somebody is.
    private static AlertSuppression SuppressionOf(Alert alert, IReadOnlyList<AlertmanagerClient.Known> known)
    {
        if (alert.State != AlertState.Firing)
            return AlertSuppression.Unknown;
        var labels = AlertSelector.Of(alert.Selector).Matchers;
        var copies = known.Where(each => labels.All(label => each.Labels.GetValueOrDefault(label.Name) == label.Value)).ToList();
        return copies.Exists(copy => copy.Suppression == AlertSuppression.None)
            ? AlertSuppression.None
            : copies.FirstOrDefault()?.Suppression ?? AlertSuppression.Unknown;
    }
}
