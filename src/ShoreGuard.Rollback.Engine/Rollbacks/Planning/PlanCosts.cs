using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Planning;

/// <summary>What a rollback costs, in words.</summary>
internal static class PlanCosts
{
    /// <summary>As the end of a sentence; empty when it costs nothing that is known.</summary>
    public static string Describe(RollbackPlan plan)
    {
        var costs = new List<string>();
        if (plan.Losses.Count > 0)
            costs.Add($"dropped for good: {string.Join("; ", plan.Losses)}");
        if (plan.DataLost is { } lost)
            costs.Add($"what was written in the last {Span(lost)} is not in it; the present database is kept");
        if (plan.ExpectedOutage is { } outage)
            costs.Add(string.Create(CultureInfo.InvariantCulture, $"an outage of about {outage.TotalSeconds:0.0} s is to be expected"));
        return costs.Count == 0 ? "" : $"; {string.Join("; ", costs)}";
    }

    private static string Span(TimeSpan span) => span switch
    {
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} hours"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days"),
    };
}
