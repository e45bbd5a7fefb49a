using ShoreGuard.Rollback.Engine.Alerts;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>The alerts of Prometheus, less often than the rest: they are found by questions about a range of time. One that fires and began after the container
/// was made is a regression. One that fired before may take its time to end, and is told only.</summary>
/// <param name="request">What is asked for, with a Prometheus.</param>
/// <param name="watched">What is watched.</param>
internal sealed class ObservedAlerts(ObservationRequest request, IWatched watched) : IObserved
{
    public const string Alerts = "Alerts";

    private readonly DateTimeOffset _began = watched.Clock.GetUtcNow();

    public string What => Alerts;
    public TimeSpan Every => TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Look>> LookAsync(CancellationToken cancellation)
    {
        var at = watched.Clock.GetUtcNow();
        var asked = new AlertRequest { Prometheus = request.Prometheus!, Deployment = watched.Deployment, Since = watched.Deployment is null ? _began : null };
        return [Of(await AlertProbe.FindAsync(asked, reporter: null, cancellation).ConfigureAwait(false), at)];
    }

    // That nobody can be asked says nothing of the build.
    private Look Of(AlertReport report, DateTimeOffset at)
    {
        if (report.Inconclusive is { } why)
            return Make(at, "Unknown", LookVerdict.Unknown, why.Message, why.Recommendation);
        var firing = report.Alerts.Where(alert => alert.State == AlertState.Firing).ToList();
        var symptoms = firing.Where(IsSymptom).ToList();
        return (symptoms.Count, firing.Count) switch
        {
            (> 0, _) => Make(at, $"Firing: {Names(symptoms)}", LookVerdict.Unwell, Explain(symptoms)),
            (_, > 0) => Make(at, $"Firing since before: {Names(firing)}", LookVerdict.Well, Explain(firing)),
            _ => Make(at, "Clear", LookVerdict.Well, "No alert fires."),
        };
    }

    private static string Explain(IEnumerable<Alert> alerts) => string.Join(" ", alerts.Select(alert => $"{alert.Name}: {alert.Explanation}"));

    private bool IsSymptom(Alert alert) =>
        alert.Relation == AlertRelation.AfterDeploy || (alert.Relation == AlertRelation.Unknown && alert.StartedAt >= _began);

    private static Look Make(DateTimeOffset at, string state, LookVerdict verdict, string explanation, string? recommendation = null) => new()
    {
        What = Alerts,
        At = at,
        State = state,
        Verdict = verdict,
        Explanation = explanation,
        Recommendation = recommendation,
    };

    private static string Names(IEnumerable<Alert> alerts) => string.Join(", ", alerts.Select(alert => alert.Name).Distinct().Order(StringComparer.Ordinal));
}
