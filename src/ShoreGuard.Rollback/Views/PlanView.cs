using System.Globalization;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Views;

/// <summary>A rollback, before and after: where from and to, why, what it costs, and the steps.</summary>
internal static class PlanView
{
    public static readonly Table<PlanStep> Steps = new()
    {
        { "   #", step => $"{step.Number}", 4, Side.Right },
        { "Step", step => step.Name, 24, 60 },
        { "Changes", step => step.Changes, 20, Table<PlanStep>.Wide },
        { "Undo", step => Paint.Faint(step.Undo is { Length: > 0 } undo ? undo : Marks.None), 16, Table<PlanStep>.Wide },
        { "Verification", step => Paint.Faint(step.Verification), 24, Table<PlanStep>.Wide, 1 },
    };

    /// <summary>A plan, to be read before the question.</summary>
    public static string Plan(RollbackPlan plan, int width)
    {
        var lines = new List<string>
        {
            $"{Paint.Header($"Rollback of {plan.Name}")} ({Where(plan.Deployment)}) "
                + $" {Paint.Faint($"plan {plan.Id}, made {plan.MadeAt.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC")}",
            "",
            Paint.Labelled("From", From(plan), width),
            Paint.Labelled("To", To(plan), width),
            Paint.Labelled("Why", plan.Health.Explanation, width),
            Paint.Labelled("Build", plan.Identity.Explanation, width),
            Paint.Labelled("Schema", $"{Decision(plan.Strategy)}: {plan.Decision}", width),
            Paint.Labelled("Costs", Costs(plan), width),
        };
        lines.AddRange(plan.Obstacles.Select(obstacle => Paint.Labelled("Stop", obstacle, width)));
        if (plan.CanRun)
            lines.AddRange(["", .. Steps.Rows(plan.Steps, width)]);
        lines.Add("");
        lines.AddRange(plan.Warnings.Select(warning => Paint.Labelled("Note", warning, width)));
        lines.Add(Paint.Labelled("Next", plan.Recommendation, width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    /// <summary>What a rollback did.</summary>
    public static string Result(RollbackResult result, int width)
    {
        var outage = result.Outage is { } measured ? $", outage {measured}" : "";
        var time = $"in {Readable.Duration(result.Duration)}{outage}.";
        var schema = result.Revisions.Count == 0 ? "" : $"  Schema {string.Join(", ", result.Revisions)}.";
        var lines = new List<string>
        {
            result.Succeeded ? $"{Paint.Mark(true)} {Paint.Good($"Rolled back to {result.After?.ToString() ?? Paint.ShortDigests(result.Image)}")} {time}{schema}"
                : $"{Paint.Mark(false)} {Paint.Bad($"Not rolled back to {Paint.ShortDigests(result.Image)}")}: {(result.Reverted ? "everything was put back." : "putting back failed too.")}{schema}",
            "",
        };
        if (result.Reason is { Length: > 0 } reason)
            lines.Add(Paint.Labelled("Reason", reason, width));
        lines.Add(Paint.Labelled("Deployment", $"{result.Name}, {(result.Succeeded ? "was" : (result.After?.Version, result.After?.GitSha) == (result.Before?.Version, result.Before?.GitSha) ? "as before" : "had")} {result.Before?.ToString() ?? Paint.ShortDigests(result.ImageBefore)}", width));
        lines.Add(Paint.Labelled("Database", Database(result), width));
        if (result.Losses.Count > 0)
            lines.Add(Paint.Labelled("Dropped", string.Join("; ", result.Losses), width));
        if (result.Gate is { } gate)
            lines.Add(Paint.Labelled("Gate", $"{(gate.Passed ? "passed" : "refused")} after "
                + $"{Readable.Duration(gate.Duration)}{(gate.Health is { } health ? $": {health.Explanation}" : "")}{(gate.Api is { } api ? $" {api.Explanation}" : "")}", width));
        if (result.Observation is { } seen)
            lines.Add(Paint.Labelled("Watched", $"{ObservationView.Word(seen.Outcome)}: {seen.Explanation}", width));
        if (result.Pin is { } pin)
            lines.Add(Paint.Labelled("Pin", Paint.ShortDigests(pin.ToString()), width));
        if (result.Kept.Count > 0)
            lines.Add(Paint.Labelled("Kept", string.Join(", ", result.Kept), width));
        ActionView.Conclude(lines, result.Steps, result.Warnings, result.Recommendation is { Length: > 0 } next ? next : null, width);
        return string.Join('\n', lines);
    }

    /// <summary>What becomes of the database, in a word.</summary>
    public static string Decision(RollbackStrategy strategy) => strategy switch
    {
        RollbackStrategy.ImageOnly => "the image alone",
        RollbackStrategy.Downgrade => "downgrade",
        RollbackStrategy.Restore => "restore",
        _ => "not decided",
    };

    /// <summary>How a rollback stands, coloured.</summary>
    public static string State(RollbackState state) => state switch
    {
        RollbackState.Succeeded => Paint.Good("Succeeded"),
        RollbackState.Reverted => Paint.Warn("Reverted"),
        RollbackState.UnderWay => Paint.Warn("UnderWay"),
        RollbackState.Closed => Paint.Warn("Closed"),
        _ => Paint.Bad(state.ToString()),
    };

    private static string Where(Deployment deployment) => deployment.Project is { } project ? $"project {project}" : "a container of its own";

    private static string From(RollbackPlan plan)
    {
        var since = plan.Deployment.StartedAt is { } started ? $"started {Readable.Age(plan.MadeAt - started)} ago" : "never started";
        return string.Join("  ",
            new[] { plan.From?.ToString() ?? "unknown build", Digest(plan.Deployment.Digest), plan.Deployment.IsRunning
            ? since : plan.Deployment.State }.OfType<string>());
    }

    private static string To(RollbackPlan plan)
    {
        var vouched = plan.KnownGood is { } good
            ? $"known good since {good.ProvenAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC: {good.Reason}"
            : Paint.Warn("not known to be good");
        return string.Join("  ", new[] { plan.To.ToString(), Digest(plan.Digest), vouched }.OfType<string>());
    }

    private static string? Digest(string? digest) => digest is null ? null : Paint.ShortDigests(digest);

    private static string Costs(RollbackPlan plan)
    {
        var costs = new List<string>();
        if (plan.Losses.Count > 0)
            costs.Add(Paint.Bad($"Dropped for good: {string.Join("; ", plan.Losses)}."));
        if (plan.DataLost is { } lost)
            costs.Add(Paint.Bad($"What was written in the last {Readable.Age(lost)} is not in the backup."));
        if (plan is { Losses.Count: 0, DataLost: null, Backup: null })
            costs.Add("No row is lost.");
        costs.Add(plan.ExpectedOutage is { } outage ? $"Outage about {Readable.Duration(outage)} "
            + $"({(plan.MeasuredOutages == 1 ? "as the last time" : $"median of the last {plan.MeasuredOutages}")})."
            : plan.Switch == SwitchStrategy.Recreate ? "Expected outage: one restart (no measurement yet)." : "Expected outage: no measurement yet.");
        return string.Join(" ", costs);
    }

    private static string Database(RollbackResult result)
    {
        var before = string.Join(", ", result.RevisionsBefore);
        return result.Strategy switch
        {
            RollbackStrategy.Downgrade when result.Succeeded => $"downgraded from {before} to {string.Join(", ", result.Revisions)}",
            RollbackStrategy.Restore when result.Succeeded =>
            $"restored{(result.BackupPath is { Length: > 0 } backup ? $" from {backup}" : "")}, was at {before}",
            RollbackStrategy.ImageOnly => $"left alone, at {before}",
            _ when result.Revisions.Count == 0 => $"not read since, was at {before}",
            _ when result.Revisions.SequenceEqual(result.RevisionsBefore) => $"as before, at {before}",
            _ => $"at {string.Join(", ", result.Revisions)}, was at {before}",
        };
    }
}
