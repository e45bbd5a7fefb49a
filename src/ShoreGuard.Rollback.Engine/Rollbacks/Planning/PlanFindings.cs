using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments.Compose;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Planning;

/// <summary>Everything that was read for a plan; what follows from it is decided here, and asks nobody.</summary>
internal sealed record PlanFindings
{
    public required RollbackRequest Request { get; init; }
    public required ImageRollbackPlan Images { get; init; }
    public required PlanTarget Target { get; init; }
    public required PlanSchema Schema { get; init; }
    public required HealthReport Health { get; init; }
    public required IdentityReport Identity { get; init; }
    /// <summary>Other replicas of the service that would be left on the old image.</summary>
    public required IReadOnlyList<string> Others { get; init; }
    public required Backup? Backup { get; init; }

    private RollbackOptions Options => Request.Options;
    private Deployment Before => Images.Before;

    /// <summary>What the rollback that is undone has kept of the database before it; null when it has kept none.</summary>
    public string? KeptToRestore => Request.Reverted is { Record: { Strategy: RollbackStrategy.Restore, Kept: { } kept } } ? kept : null;

    /// <summary>What becomes of the database.</summary>
    public SchemaDecision Decide() => KeptToRestore is { } kept
        ? new(RollbackStrategy.Restore, $"the rollback {Request.Reverted!.Record.Id} replaced the database, and what was there is put back: {kept}")
        : SchemaDecision.Make(Options.Strategy, new(Schema.Comparison, Schema.DowngradeTo, Backup, Options.BackupFolder));

    /// <summary>The plan.</summary>
    public RollbackPlan ToPlan(SchemaDecision decision, IReadOnlyList<SchemaLoss> losses)
    {
        var changes = decision.Strategy != RollbackStrategy.ImageOnly;
        var obstacles = Obstacles(decision, changes).ToList();
        var expected = changes ? OutageHistory.Expect(Before, decision.Strategy) : Images.Expected;
        var restored = decision.Strategy == RollbackStrategy.Restore ? Backup : null;
        var now = DateTimeOffset.UtcNow;
        var since = KeptToRestore is null ? restored?.CreatedAt : Request.Reverted!.Record.EndedAt ?? Request.Reverted.Record.StartedAt;
        var plan = new RollbackPlan
        {
            Id = Request.Id ?? Guid.NewGuid().ToString("n")[..8],
            MadeAt = now,
            Machine = Environment.MachineName,
            Deployment = Before,
            Options = Options,
            Image = Target.Image,
            Digest = Target.Digest,
            To = Target.Identity,
            KnownGood = KnownGood.All().FirstOrDefault(build => KnownGood.Matches(build, Target.Digest, Target.Identity.GitSha)),
            Health = Health,
            Identity = Identity,
            Schema = Schema.Comparison,
            Strategy = decision.Strategy,
            Decision = decision.Explanation,
            Switch = changes ? SwitchStrategy.Recreate : Images.Strategy,
            SwitchReason = changes ? "the database changes with the image" : Images.Choice.Reason,
            Losses = losses,
            Backup = restored,
            DataLost = since is { } then ? now - then : null,
            ExpectedOutage = expected?.Duration,
            MeasuredOutages = expected?.Measured ?? 0,
            Steps = [],
            Warnings = [.. Warnings(restored)],
            Obstacles = [.. obstacles.Select(obstacle => obstacle.Why)],
            Recommendation = obstacles is [var first, ..] ? first.Next : "To run exactly this plan: $plan | Invoke-ShoreGuardRollback",
            Facts = [],
        };
        var pin = Pin();
        plan = plan with { Steps = PlanSteps.Of(plan, pin?.Text), Facts = PlanFacts.Of(plan, pin?.Fact) };
        return PlanSeal.Put(plan);
    }

    private (string Text, string Fact)? Pin() =>
        ImageRollback.FindPin(Images.Request, Before, Images.Target.Reference, out _) is { } pin ? ($"{pin.Path}", $"{pin} in {pin.Path}, {(pin.IsWritten() ? "there already" : "not there yet")}") : null;

    private IEnumerable<(string Why, string Next)> Obstacles(SchemaDecision decision, bool changes)
    {
        foreach (var stop in Request.IsSettled ? [] : Stops())
            yield return stop;
        if (Others.Count > 0)
            yield return ($"{string.Join(", ", Others)} of the same service would stay on the old image, with the same "
                + "database.", "Remove the other replicas first (docker compose up --scale). If the image alone is enough, Invoke-ShoreGuardImageRollback "
                + "switches all of them together.");
        if (Errors.DatabaseDoesNotOutlive(Before.Name, Images.Container) is { } inside)
            yield return ($"{Errors.Finding(inside)}.", inside.Recommendation);
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

    // Where the runbook says to stop, since an older image would meet the same.
    private IEnumerable<(string Why, string Next)> Stops()
    {
        if (Identity.Verdict == IdentityVerdict.Mismatch)
            yield return (Identity.Explanation, $"{Identity.Recommendation.TrimEnd('.')}. To roll back nevertheless, use -Force.");
        if (Health.Diagnosis == Diagnosis.DependencyFailure)
            yield return ($"It is not the image: {Health.Explanation}", $"{Health.Recommendation.TrimEnd('.')}. To roll back nevertheless, use -Force.");
    }

    private IEnumerable<string> Warnings(Backup? restored)
    {
        foreach (var (why, _) in Request.IsSettled && Request.Options.Force ? Stops() : [])
            yield return $"{why} It is rolled back nevertheless, because of -Force.";
        if (Health.IsHealthy && Request.Reverted is null)
            yield return "The probes find nothing wrong. Make sure that this build is the cause.";
        foreach (var warning in Images.Warnings)
            yield return warning;
        if (Schema.Comparison is { Verdict: SchemaVerdict.Behind, Upgrades: { Count: > 0 } upgrades } && restored is null)
            yield return $"At its start, the target migrates the database up to {string.Join(", ", Schema.Target.Heads)} "
                + $"({string.Join(", ", upgrades.Select(migration => migration.Revision))}), where it stays if the target does not hold; "
                + $"{Before.Identity} knows that revision.";
        if (restored is not null)
            yield return $"The backup {restored.BackupPath} is not proven yet. It is proven before anything is stopped.";
        if (KnownGood.All().All(build => !KnownGood.Matches(build, Target.Digest, Target.Identity.GitSha)) && Request.Reverted is null)
            yield return $"{Target.Identity} is not known to be good: no rollback has proven it, and nobody has marked it with Set-ShoreGuardKnownGood.";
    }
}
