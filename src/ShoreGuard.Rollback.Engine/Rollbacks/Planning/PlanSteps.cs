namespace ShoreGuard.Rollback.Engine.Rollbacks.Planning;

/// <summary>The steps of a plan as an operator reads them: what each changes, how it is checked, how it is undone.</summary>
internal static class PlanSteps
{
    /// <summary>The steps.</summary>
    /// <param name="plan">The plan without them.</param>
    /// <param name="pin">Where the target is pinned; null where it is not.</param>
    public static IReadOnlyList<PlanStep> Of(RollbackPlan plan, string? pin)
    {
        var target = plan.To.Version ?? plan.Image;
        var steps = new List<(string Name, string Changes, string Verification, string? Undo)>
        {
            ($"Pull and verify {target}", "local image store", "digest, platform, and what was built in", null),
        };
        if (pin is not null)
            steps.Add(("Prepare the pin", "a file beside it", "Compose reads it as meant", "delete it"));
        steps.Add(("Create the new container", "a container, not started", "what the user set on the old one is on it", "remove it"));
        steps.AddRange(plan.Strategy switch
        {
            RollbackStrategy.Downgrade => Downgrade(plan, target),
            RollbackStrategy.Restore => Restore(plan, target),
            _ => Switch(plan, target),
        });
        if (pin is not null)
            steps.Add(("Pin the target", pin, "read back", "put the old line back"));
        steps.Add(("Remove the old container", "container; nothing is needed to go back any more", "–", null));
        return [.. steps.Select((step, at) => new PlanStep { Number = at + 1, Name = step.Name, Changes = step.Changes, Verification = step.Verification, Undo = step.Undo })];
    }

    private static IEnumerable<(string, string, string, string?)> Switch(RollbackPlan plan, string target)
    {
        switch (plan.Switch)
        {
            case SwitchStrategy.HotSwap:
                yield return ($"Start {target} beside the old one, gate", "a private network", Gate(plan), "remove it");
                yield return ("Hand the host port over", "outage of some tenths of a second", Gate(plan), "hand it back");
                break;
            case SwitchStrategy.BlueGreen:
                yield return ($"Start {target} beside the old one, gate", "container", Gate(plan), "remove it");
                yield return ("Give it the network alias", "who is asked; no outage", Gate(plan), "give it back");
                break;
            default:
                if (plan.Deployment.IsRunning)
                    yield return Stop(plan);
                yield return Start(plan, target);
                break;
        }
    }

    private static IEnumerable<(string, string, string, string?)> Downgrade(RollbackPlan plan, string target)
    {
        if (plan.Deployment.IsRunning)
            yield return Stop(plan);
        yield return ("Back up the database", plan.Options.BackupFolder, "every proof of a backup, and that it can be put back", null);
        yield return ($"Downgrade with {plan.From?.Version ?? plan.Deployment.Image}", $"schema: {string.Join(", ", plan.Schema.Downgrades.Select(migration => migration.Revision))} taken back", "revision, tables and rows that stay", "restore that backup");
        yield return Start(plan, target);
    }

    private static IEnumerable<(string, string, string, string?)> Restore(RollbackPlan plan, string target)
    {
        yield return ("Restore the backup beside the database", "a copy, or a second database", "checksum, integrity, revision and rows", "delete it");
        if (plan.Deployment.IsRunning)
            yield return Stop(plan);
        yield return ("Put it in the database's place", "database; the old one is kept", "revision", "put the old one back");
        yield return Start(plan, target);
    }

    private static (string, string, string, string?) Stop(RollbackPlan plan) => ($"Stop {plan.Name}", "outage begins", "–", "start it");

    private static (string, string, string, string?) Start(RollbackPlan plan, string target) =>
        ($"Start {target}, gate", "container", Gate(plan), $"start {plan.From?.Version ?? "the old one"} again");

    private static string Gate(RollbackPlan plan) =>
        $"live, ready, the right build within {Readable.Duration(plan.Options.GatePatience)}, and so for {Readable.Duration(plan.Options.GateStability)}";
}
