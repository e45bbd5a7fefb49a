namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>What alerts add to a report on health: that one began with the deploy, although the probes find nothing, or beside what they find.</summary>
internal static class AlertedHealth
{
    /// <summary>The report with the alerts that fire and began after the deploy; as it was where there are none.</summary>
    /// <param name="report">What the probes say.</param>
    /// <param name="alerts">Alerts as they are related to the deploys of any deployments.</param>
    public static HealthReport Of(HealthReport report, IReadOnlyList<Alert> alerts)
    {
        var symptoms = alerts.Where(alert => IsSymptom(alert, report.Name)).ToList();
        if (symptoms.Count == 0)
            return report;
        var named = $"{report.Explanation} Firing since after the deploy: {string.Join("; ", symptoms.Select(Named))}.";
        return report.Diagnosis != Diagnosis.Healthy ? report with { Explanation = named } : report with
        {
            Status = HealthStatus.Degraded,
            Diagnosis = Diagnosis.ImageSuspected,
            Explanation = named,
            Recommendation = "If nothing else was changed at that time, roll back: "
                + Advice.Pipe(report.Name, "Invoke-ShoreGuardImageRollback -Version VERSION"),
        };
    }

    private static bool IsSymptom(Alert alert, string? name) =>
        alert is { Relation: AlertRelation.AfterDeploy, State: AlertState.Firing }
        && (name is null || alert.DeploymentName is null || alert.DeploymentName == name);

    private static string Named(Alert alert) =>
        $"{alert.Name} since {Readable.Time(alert.StartedAt)}"
        + (alert.DeployedAt is { } deployed ? $", {Readable.Age(alert.StartedAt - deployed)} after it" : "");
}
