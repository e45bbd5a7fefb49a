using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

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
            costs.Add($"what was written in the last {Readable.Age(lost)} is not in it; the current database is kept");
        if (plan.ExpectedOutage is { } outage)
            costs.Add($"the expected outage is about {Readable.Duration(outage)}");
        return costs.Count == 0 ? "" : $"; {string.Join("; ", costs)}";
    }
}
