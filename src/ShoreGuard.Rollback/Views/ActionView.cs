using System.Globalization;

namespace ShoreGuard.Rollback.Views;

/// <summary>What an action did: the answer in one line, then its evidence, its steps, and what is next.</summary>
internal static class ActionView
{
    private const int LogLines = 5;

    private static readonly Table<StepResult> Steps = new()
    {
        { "#", step => $"{step.Number} {Outcome(step.Outcome)}", 6, Side.Right },
        { "Step", step => step.Name, 24, 60 },
        { "Duration", step => Readable.Duration(step.Duration), 8, Side.Right },
        { "Detail", step => Paint.Faint(Paint.ShortDigests(step.Detail ?? "")), 16, Table<StepResult>.Wide },
    };

    public static string Rollback(ImageRollbackResult result, int width)
    {
        var lines = new List<string>();
        var outage = result.Outage is { } measured ? $", outage {measured}" : "";
        var time = $"in {Readable.Duration(result.Duration)}{outage}.";
        if (result.Succeeded)
            lines.Add($"{Paint.Mark(true)} {Paint.Good($"Rolled back to {result.After?.ToString() ?? Paint.ShortDigests(result.Image)}")} {time}");
        else if (result.Reverted)
            lines.Add($"{Paint.Mark(false)} {Paint.Bad($"Not rolled back to {Paint.ShortDigests(result.Image)}")}: {(result.Outage is { Failed: 0 } ? "it never took over." : "it was put back.")}");
        else
            lines.Add($"{Paint.Mark(false)} {Paint.Bad($"The rollback to {Paint.ShortDigests(result.Image)} failed")} {time}");
        lines.Add("");
        if (result.Reason is { } reason)
            lines.Add(Paint.Labelled("Reason", reason, width));
        lines.Add(Paint.Labelled("Container", result.Name, width));
        if (result.Reverted)
            lines.Add(Paint.Labelled("Put back", $"{result.After?.ToString() ?? Paint.ShortDigests(result.ImageBefore)} {time}", width));
        lines.Add(Paint.Labelled("Strategy", $"{result.Strategy}: {result.StrategyReason}", width));
        lines.Add(Paint.Labelled("From", Image(result.Before, result.ImageBefore, result.DigestBefore), width));
        lines.Add(Paint.Labelled(result.Succeeded ? "To" : "Wanted", Image(result.Succeeded ? result.After : null, result.Image, result.Digest), width));
        if (result.Gate is { } gate)
        {
            lines.Add(Paint.Labelled("Gate", $"{(gate.Passed ? "passed" : "refused")} after "
                + $"{Readable.Duration(gate.Duration)}{(gate.Health is { } health ? $": {health.Explanation}" : "")}{(gate.Api is { } api ? $" {api.Explanation}" : "")}", width));
            if (gate is { Passed: false, Log.Count: > 0 })
                lines.AddRange(gate.Log.Skip(gate.Log.Count - LogLines).Select((line, at) => Paint.Labelled(at == 0 ? "Log" : "", line, width)));
        }
        if (result.Pin is { } pin)
            lines.Add(Paint.Labelled("Pin", Paint.ShortDigests(pin.ToString()), width));
        Conclude(lines, result.Steps, result.Warnings, result.Recommendation, width);
        return string.Join('\n', lines);
    }

    public static string Backup(Backup backup, int width)
    {
        var good = backup.Checks.All(check => check.Passed);
        var lines = new List<string>
        {
            backup.Duration is { } duration
                ? $"{Paint.Mark(good)} {(good ? Paint.Good($"Backed up revision {backup.Revision ?? "none"}") : Paint.Bad("Backed up, but not proven"))} in "
                    + $"{Readable.Duration(duration)}."
                : $"Backup of revision {backup.Revision ?? "unknown"}, {Readable.Age(backup.Age)} old, not proven since",
            "",
            Paint.Labelled("Holds", $"{Paint.Size(backup.Size)}, {Rows(backup.TotalRows, backup.Rows.Count)}, {Checks(backup.Checks)}", width),
            Paint.Labelled("Backup", backup.BackupPath, width),
            Paint.Labelled("Database", backup.Database ?? "unknown", width),
        };
        if (backup.Identity is { } build)
            lines.Add(Paint.Labelled("Build", build.ToString(), width));
        lines.Add(Paint.Labelled("Made", backup.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture), width));
        lines.Add(Paint.Labelled("SHA-256", backup.Sha256 ?? "not written down", width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    public static string Restore(RestoreResult result, int width)
    {
        var before = result.RevisionBefore is { } revision && revision != result.Revision ? $" (was {revision})" : "";
        // An application that stays stopped is an outage that goes on: a figure would say that it is over.
        var outage = result.Application is ApplicationState.LeftStopped or ApplicationState.StayedStopped or ApplicationState.StartFailed or ApplicationState.NotReady ? "" : $", outage {Readable.Duration(result.Outage)}";
        var time = $"in {Readable.Duration(result.Duration)}{outage}.";
        var undo = result.PutBack is not null;
        var lines = new List<string>
        {
            result.Succeeded ? $"{Paint.Mark(true)} {Paint.Good($"{(undo ? "Put back" : "Restored")} revision {result.Revision ?? "none"}")}{before} {time}"
                : $"{Paint.Mark(false)} {Paint.Bad(undo ? "Not undone" : "Not restored")}: {(result.Reverted ? "what was begun is put back." : "putting the state before back failed too.")}",
            "",
        };
        if (result.Reason is { } reason)
            lines.Add(Paint.Labelled("Reason", reason, width));
        if (result.Succeeded)
            lines.Add(Paint.Labelled("Holds", $"{Paint.Size(result.Size)}, {Rows(result.TotalRows, result.Rows.Count)}, {Checks(result.Checks)}", width));
        else if (result.Reverted)
            lines.Add(Paint.Labelled("Holds", $"revision {result.Revision ?? "none"}, put back {time}", width));
        lines.Add(Paint.Labelled(result.Succeeded ? "From" : "Wanted", result.PutBack ?? result.BackupPath ?? "unknown", width));
        lines.Add(Paint.Labelled("Database", result.Database, width));
        if (result.Kept is { } kept)
            lines.Add(Paint.Labelled("Kept", kept, width));
        lines.Add(Paint.Labelled("Application", Application(result.Application, result.Succeeded), width));
        Conclude(lines, result.Steps, [], result.Recommendation, width);
        return string.Join('\n', lines);
    }

    public static string Outcome(StepOutcome outcome) => outcome switch
    {
        StepOutcome.Done => Paint.Good(Marks.Good),
        StepOutcome.Skipped => Paint.Faint(Marks.None),
        StepOutcome.Failed => Paint.Bad(Marks.Bad),
        _ => Paint.Warn(Marks.PutBack),
    };

    /// <summary>The steps, what is worth knowing, and what is next.</summary>
    public static void Conclude(List<string> lines, IReadOnlyList<StepResult> steps, IReadOnlyList<string> warnings, string? next, int width)
    {
        if (steps.Count > 0)
        {
            lines.Add("");
            lines.AddRange(Steps.Rows(steps, width - 2, header: false).Select(line => $"  {line}"));
        }
        if (warnings.Count > 0 || next is not null)
            lines.Add("");
        lines.AddRange(warnings.Select(warning => Paint.Labelled("Note", warning, width)));
        if (next is not null)
            lines.Add(Paint.Labelled("Next", next, width));
        lines.Add("");
    }

    private static string Image(BuildIdentity? build, string image, string? digest) =>
        string.Join("  ",
            new[] { build?.ToString(), Paint.ShortDigests(image), image.Contains('@', StringComparison.Ordinal) ? null : Digest(digest) }.Where(part =>
            part is not null));

    // Of REPOSITORY@sha256:…, the repository is in the image's name already.
    private static string? Digest(string? digest) => digest is null ? null : Paint.ShortDigests(digest[(digest.IndexOf('@', StringComparison.Ordinal) + 1)..]);

    private static string Rows(long rows, int tables) => $"{Paint.Count(rows, "row")} in {Paint.Count(tables, "table")}";

    private static string Checks(IReadOnlyList<DatabaseCheck> checks)
    {
        var failed = checks.Where(check => !check.Passed).Select(check => check.Name).ToList();
        return failed.Count == 0
            ? $"{Paint.Count(checks.Count, "check")} ok" : $"{failed.Count} of {Paint.Count(checks.Count, "check")} failed: {string.Join(", ", failed)}";
    }

    /// <summary>What became of the application.</summary>
    public static string Application(ApplicationState state, bool succeeded) => state switch
    {
        ApplicationState.NotManaged => "not touched; start it yourself if you stopped it",
        ApplicationState.StayedStopped => "stopped, as before",
        ApplicationState.KeptRunning => "runs on; it was not stopped",
        ApplicationState.Restarted when succeeded => "runs again; whether it is ready was not found out",
        ApplicationState.Restarted => "runs again",
        ApplicationState.Ready => "ready again",
        ApplicationState.Live => "live again; what keeps it from being ready did so before, too",
        ApplicationState.NotReady => "started again, but not ready, and the outage goes on",
        _ when !succeeded => "stopped",
        ApplicationState.StartFailed => "stopped, and the outage goes on: it did not start again",
        _ => "stopped, and the outage goes on: its image would migrate the schema forward again",
    };
}
