using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>What a plan is based on, and what of it is different now.</summary>
internal static class PlanFacts
{
    /// <summary>The facts behind a plan.</summary>
    public static IReadOnlyList<PlanFact> Of(RollbackPlan plan, string? pin) =>
    [
        new() { Name = "container", Value = Short(plan.Deployment.ContainerId) },
        new() { Name = "image", Value = plan.Deployment.ImageId },
        // One that crashes is now running, now not.
        new() { Name = "state", Value = plan.Deployment.State == "restarting" ? "running" : plan.Deployment.State },
        new() { Name = "target", Value = plan.Image },
        new() { Name = "database", Value = plan.Schema.Revisions.Count == 0 ? "no revision" : string.Join(", ", plan.Schema.Revisions) },
        new() { Name = "strategy", Value = plan.Strategy.ToString() },
        new() { Name = "switch", Value = plan.Switch.ToString() },
        new() { Name = "rows that are dropped", Value = plan.Losses.Count == 0 ? "none" : string.Join("; ", plan.Losses) },
        new() { Name = "backup", Value = plan.Backup is { } backup
            ? $"{backup.BackupPath}, {backup.Size.ToString(CultureInfo.InvariantCulture)} bytes, {backup.Sha256 ?? "no checksum"}" : "none" },
        new() { Name = "pin", Value = pin ?? "none" },
    ];

    /// <summary>What is different, each as a sentence without its full stop.</summary>
    public static IReadOnlyList<string> Changes(RollbackPlan then, RollbackPlan now)
    {
        var values = now.Facts.ToDictionary(fact => fact.Name, fact => fact.Value);
        return [.. then.Facts.Where(fact => values.GetValueOrDefault(fact.Name) != fact.Value)
            .Select(fact => $"{fact.Name} was {fact.Value}, and is {values.GetValueOrDefault(fact.Name, "not known")} now")];
    }

    private static string Short(string id) => id.Length > 12 ? id[..12] : id;
}
