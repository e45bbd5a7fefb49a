namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>The steps of a plan as an operator reads them: what each changes, how it is checked, how it is undone.</summary>
internal static class PlanSteps
{
    /// <summary>The steps.</summary>
    /// <param name="plan">The plan without them.</param>
    /// <param name="pin">The file in which the target is pinned; null where it is not.</param>
    /// <param name="isKept">Whether what is restored is a database that an earlier rollback has kept.</param>
    /// <param name="left">The build that is blocked afterwards; null where none is.</param>
    public static IReadOnlyList<PlanStep> Of(RollbackPlan plan, string? pin, bool isKept = false, BlockedImage? left = null)
    {
        var before = plan.Deployment;
        var shape = new PlanShape(plan.Strategy, plan.Switch, before.IsRunning, Path.GetFileName(pin), before.Database.Kind, isKept, left?.ToString());
        return [.. OperationStep.Of(shape, Words(plan, pin))
            .Select((row, at) => new PlanStep { Number = at + 1, Name = row.Name, Changes = row.Changes, Verification = row.Verification, Undo = row.Undo })];
    }

    private static PlanWords Words(RollbackPlan plan, string? pin) => new()
    {
        Target = plan.To.Version ?? plan.Image,
        Before = plan.From?.Version ?? "the old one",
        Gate = $"live, ready, the right build within {Readable.Duration(plan.Options.GatePatience)}, and so "
        + $"for {Readable.Duration(plan.Options.GateStability)}",
        Pin = pin ?? "",
        BackupFolder = plan.Options.BackupFolder,
        From = string.Join(", ", plan.Schema.Revisions),
        To = string.Join(", ", plan.Schema.Heads),
        Downgrades = string.Join(", ", plan.Schema.Downgrades.Select(migration => migration.Revision)),
    };
}
