namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>Puts together what the switch of the image and the change of the database have brought.</summary>
internal static class RollbackResults
{
    /// <summary>The result.</summary>
    /// <param name="plan">What was run.</param>
    /// <param name="image">What became of the image.</param>
    /// <param name="change">What became of the database; null when it was left alone.</param>
    /// <param name="revisions">What the database names now.</param>
    /// <param name="isUndo">Whether it undoes an earlier one: then nobody says that the build it leaves is a bad one.</param>
    public static RollbackResult From(RollbackPlan plan, ImageRollbackResult image, IDatabaseChange? change, IReadOnlyList<string> revisions, bool isUndo) =>
        new()
    {
        Id = plan.Id,
        Succeeded = image.Succeeded,
        Reverted = image.Reverted,
        Reason = image.Reason,
        Name = image.Name,
        Before = image.Before,
        After = image.After,
        ImageBefore = image.ImageBefore,
        Image = image.Image,
        Strategy = plan.Strategy,
        Switch = image.Strategy,
        RevisionsBefore = plan.Schema.Revisions,
        Revisions = revisions,
        Losses = image.Succeeded ? plan.Losses : [],
        BackupPath = change?.BackupPath,
        Kept = Kept(plan, change, image.Succeeded),
        Gate = image.Gate,
        Outage = image.Outage,
        Pin = image.Pin,
        Steps = image.Steps,
        Warnings = [.. plan.Warnings.Union(image.Warnings), .. image.Succeeded && plan.DataLost is { } lost && change?.Kept is { } kept
        ? [OutOfService(lost, kept)] : Array.Empty<string>()],
        Recommendation = image.Succeeded
            ? Next(plan.Id, image.Name, isUndo ? "" : $". Block {Before(plan)}, so that nobody returns to it: Block-ShoreGuardImage{Report(plan.Id)}")
            : isUndo ? UndoAgain(image) : image.Recommendation,
        Duration = image.Duration,
        Deployment = image.Deployment,
    };

    private static IReadOnlyList<string> Kept(RollbackPlan plan, IDatabaseChange? change, bool succeeded) => plan.Strategy switch
    {
        // What a failed downgrade has left is of no use; its backup stays all the same, since it was proven.
        RollbackStrategy.Downgrade when change?.BackupPath is { } backup => [backup],
        RollbackStrategy.Restore when succeeded && change?.Kept is { } kept => [kept],
        _ => [],
    };

    /// <summary>The same, with the step that has blocked the build before; where that failed, or nobody wanted it, it stays advice.</summary>
    public static RollbackResult With(RollbackResult result, IReadOnlyList<StepResult> blocked)
    {
        if (blocked is not [var step])
            return result;
        var left = result.Before?.ToString() ?? result.ImageBefore;
        return result with
        {
            Steps = [.. result.Steps, step with { Number = result.Steps.Count + 1 }],
            Recommendation = step.Outcome != StepOutcome.Done ? result.Recommendation
                : Next(result.Id, result.Name, $". {left} is blocked now, so that nobody returns to it: Get-ShoreGuardBlockedImage{Report(result.Id)}"),
        };
    }

    private static string Before(RollbackPlan plan) => plan.From?.ToString() ?? plan.Deployment.Image;

    private static string Report(string id) => $". To write it up: Get-ShoreGuardIncident {id} | Export-ShoreGuardIncident ./incident-{id}.html";

    private static string Next(string id, string name, string block) =>
        $"Watch it: {Advice.Pipe(name, "Watch-ShoreGuardDeployment")}{block}. To undo this rollback: Undo-ShoreGuardRollback {id}";

    private static string OutOfService(TimeSpan lost, string kept) =>
        $"What was written in the {Readable.Age(lost)} before this rollback is not in service any more. It is in the database that was kept: {kept}";

    // The target of an undo is no choice of the operator's.
    private static string? UndoAgain(ImageRollbackResult image) => image.Gate is { Passed: false }
        ? $"The result's Gate.Log and Gate.Health show why {image.Image} did not pass its gate. Fix that, then run the same command again."
        : image.Recommendation;
}
