using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>Everything that was read for a plan; what follows from it is decided here, and asks nobody.</summary>
internal sealed record PlanFindings
{
    /// <summary>What was found apart from the database, and whether it stands in the way.</summary>
    public required PlanStops Stops { get; init; }
    public required PlanTarget Target { get; init; }
    public required PlanSchema Schema { get; init; }
    public required Backup? Backup { get; init; }

    private RollbackRequest Request => Stops.Request;
    private ImageRollbackPlan Images => Stops.Images;
    private HealthReport Health => Stops.Health;
    private RollbackOptions Options => Request.Options;
    private Deployment Before => Images.Before;

    /// <summary>What the rollback that is undone has kept of the database before it; null when it has kept none.</summary>
    public string? KeptToRestore => Request.Reverted is { Record: { Strategy: RollbackStrategy.Restore, Kept: { } kept } } ? kept : null;

    private DatabaseKind Kind => Before.Database.Kind;

    // Of the target; one that was made with another kind of database does not count, and is told.
    private KnownGoodBuild? Mark => Request.State.KnownGood.Find(Target.Digest, Target.Identity.GitSha, Kind);

    /// <summary>What becomes of the database.</summary>
    public SchemaDecision Decide() => KeptToRestore is { } kept
        ? new(RollbackStrategy.Restore, $"the rollback {Request.Reverted!.Record.Id} replaced the database, and what was there is put back: {kept}")
        : SchemaDecision.Make(Options.Strategy, new(Schema.Comparison, Schema.DowngradeTo, Backup, Options.BackupFolder));

    /// <summary>The plan.</summary>
    public RollbackPlan ToPlan(SchemaDecision decision, IReadOnlyList<SchemaLoss> losses)
    {
        var changes = decision.Strategy != RollbackStrategy.ImageOnly;
        var obstacles = Obstacles(decision, changes).ToList();
        var expected = changes ? Request.State.Outages.Expect(Before, decision.Strategy) : Images.Expected;
        var restored = decision.Strategy == RollbackStrategy.Restore ? Backup : null;
        var now = DateTimeOffset.UtcNow;
        var since = KeptToRestore is null ? restored?.CreatedAt : Request.Reverted!.Record.EndedAt ?? Request.Reverted.Record.StartedAt;
        var plan = new RollbackPlan
        {
            Id = Request.Id ?? RollbackLog.NewId(),
            MadeAt = now,
            Machine = Environment.MachineName,
            Deployment = Before,
            Alerts = Request.Alerts,
            Options = Options,
            Image = Target.Image,
            Digest = Target.Digest,
            To = Target.Identity,
            KnownGood = Mark is { } mark && KnownGood.Counts(mark, Kind) ? mark : null,
            Health = Health,
            Identity = Stops.Identity,
            Schema = Schema.Comparison,
            Strategy = decision.Strategy,
            Decision = decision.Explanation,
            Switch = changes ? SwitchStrategy.Recreate : Images.Strategy,
            SwitchReason = changes ? "the database changes with the image" : Images.Choice.Reason,
            Losses = losses,
            Backup = restored,
            // Of one that is dated in the future, a warning says that it cannot be told.
            DataLost = since is { } then && !BackupCatalog.IsOfFuture(then) ? (now > then ? now - then : TimeSpan.Zero) : null,
            ExpectedOutage = expected?.Duration,
            MeasuredOutages = expected?.Measured ?? 0,
            Steps = [],
            Warnings = [.. Warnings(restored)],
            Obstacles = [.. obstacles.Select(obstacle => obstacle.Why)],
            Recommendation = obstacles is [var first, ..] ? first.Next : "To run exactly this plan: $plan | Invoke-ShoreGuardRollback",
            Facts = [],
        };
        var pin = Pin();
        // What an undo leaves is not known to be bad.
        var isUndo = Request.Reverted is not null;
        plan = plan with
        {
            Steps = PlanSteps.Of(plan, pin?.Text, KeptToRestore is not null, isUndo ? null : LeftBuild.Of(plan)),
            Warnings = [.. plan.Warnings, .. new[] { OverObjective(plan), isUndo ? StillBlocked() : LeftBuild.WhyNot(plan) }.OfType<string>()],
            Facts = PlanFacts.Of(plan, pin?.Fact),
        };
        return PlanSeal.Put(plan);
    }

    private static string? OverObjective(RollbackPlan plan) => plan.DataLost > plan.Options.Rpo
        ? $"The recovery point objective is missed: what was written in the last {Readable.Age(plan.DataLost.Value)} would be lost, "
            + $"and it is {Readable.Age(plan.Options.Rpo!.Value)}."
        : null;

    private string? StillBlocked() => Request.State.Blocklist.Find(Target.Digest, Target.Identity.GitSha) is not [var blocked, ..] ? null
        : $"{Target.Identity} is blocked, and stays so although it serves again ({blocked.Reason.TrimEnd('.')}). To unblock it: "
            + $"Get-ShoreGuardBlockedImage {(blocked.Digest is { } digest ? $"-Digest {digest}" : $"-GitSha {blocked.GitSha}")} | Unblock-ShoreGuardImage";

    private (string Text, string Fact)? Pin() =>
        ImageRollback.FindPin(Images.Request, Before, Images.Target.Reference, out _) is { } pin
            ? ($"{pin.Path}", $"{pin} in {pin.Path}, {(pin.IsWritten() ? "there already" : "not there yet")}") : null;

    private IEnumerable<(string Why, string Next)> Obstacles(SchemaDecision decision, bool changes)
    {
        foreach (var stop in Stops.Obstacles)
            yield return stop;
        if (decision.Obstacle is { } obstacle)
            yield return (obstacle, "Name a folder with older backups with -BackupFolder, or another target: Get-ShoreGuardRelease lists them, and "
                + "Get-ShoreGuardSchema -CompareTo IMAGE says whether one would start.");
        if (decision.Strategy == RollbackStrategy.Restore && Backup is { Revision: var at } && (at is null || !Schema.Target.Knows(at)))
            yield return ($"The backup {Backup.BackupPath} is at {at ?? "no readable revision"}, which the target does not "
                + "know.", "Name another one with -BackupPath; Get-ShoreGuardBackup lists them with their revisions.");
        if (changes && Options.Switch is SwitchStrategy.HotSwap or SwitchStrategy.BlueGreen)
            yield return ($"{Options.Switch} runs both builds on one database, and one of them does not know its revision.", "Leave -Switch out: when the "
                + "database changes, the old build is stopped first.");
        if (!changes && decision.Obstacle is null && Schema.Target.Heads.Where(head => !Schema.Running.Knows(head)).ToList() is { Count: > 0 } unknown)
            yield return ($"{Target.Identity} would migrate the database forward to {string.Join(", ", unknown)}, which {Before.Identity} does not know. "
                + "There would be no way back.", "That would be an upgrade, not a rollback. Back up the database and deploy with Compose, or name an older "
                + "target.");
    }

    private IEnumerable<string> Warnings(Backup? restored)
    {
        foreach (var warning in Stops.Warnings)
            yield return warning;
        if (Health is { IsHealthy: true, Diagnosis: Diagnosis.Healthy } && Request.Reverted is null)
            yield return "The probes find nothing wrong. Make sure that this build is the cause.";
        foreach (var warning in Images.Warnings.Concat(Images.Open))
            yield return warning;
        if (restored is null && TargetSchema.Upgrades(Schema.Comparison, Before) is { } upgrades)
            yield return upgrades;
        if (restored is not null && BackupCatalog.IsOfFuture(restored.CreatedAt))
            yield return $"The backup {restored.BackupPath} is dated {Readable.Time(restored.CreatedAt)}, which is in the future: how much was written since "
                + "it was made cannot be told.";
        if (restored is not null)
            yield return $"The backup {restored.BackupPath} is not proven yet. Invoke-ShoreGuardRollback proves it before it asks.";
        if ((Mark is null || !KnownGood.Counts(Mark, Kind)) && Request.Reverted is null)
            yield return Mark is { } hint
                ? $"{Target.Identity} is known to be good with {hint.Database} only ({hint.Reason}). With {Kind}, its migrations are others: no rollback has "
                    + "proven it there."
                : $"{Target.Identity} is not known to be good: no rollback has proven it, and nobody has marked it with Set-ShoreGuardKnownGood.";
    }
}
