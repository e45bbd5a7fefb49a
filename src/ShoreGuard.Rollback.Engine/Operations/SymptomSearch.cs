using System.Globalization;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Since when a deployment is not well, as far as its engine and its own checks can tell.</summary>
internal static class SymptomSearch
{
    private const string FirstLook = "the first look, just before the rollback; it may have begun earlier";

    /// <summary>The earliest sign that there is.</summary>
    /// <param name="container">The container, as the engine describes it. Docker keeps the last five answers of a health check, and
    /// how many have failed in a row.</param>
    /// <param name="health">What a probe has found; null where nobody asked.</param>
    /// <param name="alerts">The alerts that are known. One that began before the deploy is no symptom of it.</param>
    /// <returns>Null where nothing is wrong.</returns>
    public static SymptomOnset? Find(ContainerView container, HealthReport? health, IReadOnlyList<Alert>? alerts = null)
    {
        var made = container.CreatedAt;
        var signs = new[] { Streak(container), Ended(container) }.Concat(Checks(health)).Concat(Began(alerts ?? [])).OfType<SymptomOnset>()
            .Select(sign => made is { } earliest && sign.Since < earliest ? sign with { Since = earliest } : sign).ToList();
        return signs.MinBy(sign => sign.Since)
            ?? (health is { IsHealthy: false } ? new(health.CheckedAt, FirstLook, MayBeEarlier: true) : null);
    }

    private static SymptomOnset? Streak(ContainerView container)
    {
        var (starts, failed) = container.HealthLog;
        if (starts.Count == 0 || failed <= 0)
            return null;
        var times = failed == 1 ? "time" : "times";
        var known = string.Create(CultureInfo.InvariantCulture, $"the engine's health check, which has failed {failed} {times} in a row");
        if (failed <= starts.Count)
            return new(starts[^(int)failed], known);
        // Those before the first that is kept came at the same pace.
        var pace = starts.Count > 1 ? (starts[^1] - starts[0]) / (starts.Count - 1) : TimeSpan.Zero;
        return new(starts[0] - (pace * (failed - starts.Count)), $"{known}, counted back");
    }

    private static SymptomOnset? Ended(ContainerView container) =>
        container.HasEnded && container.EndedAt is { } ended
        ? new(ended, "the end of its container, as the engine has it")
        : null;

    private static IEnumerable<SymptomOnset?> Began(IReadOnlyList<Alert> alerts) =>
        alerts.Where(alert => alert.Relation == AlertRelation.AfterDeploy)
            .Select(alert => new SymptomOnset(alert.StartedAt, $"the alert {alert.Name}, whose condition has held since"));

    private static IEnumerable<SymptomOnset?> Checks(HealthReport? health) => health is null or { IsHealthy: true } ? [] : health.Checks
        .Where(check => check is { State: CheckState.Dead or CheckState.Stalled, Ignored: false, AgeSec: not null })
        .Select(check => new SymptomOnset(health.CheckedAt - TimeSpan.FromSeconds(check.AgeSec!.Value), $"/readyz: {check.Name} last reported then"));
}
