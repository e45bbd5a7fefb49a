namespace ShoreGuard.Rollback.Views;

/// <summary>Whether backups can be relied on: a line each, and below it what a drill found, or what is wrong and what to do.</summary>
internal static class BackupView
{
    public static string Report(BackupReport report, int width)
    {
        var lines = new List<string>
        {
            $"{Paint.Mark(report.Usable)} {Path.GetFileName(report.BackupPath)}  {Verdict(report)}",
        };
        if (report.Problem is { Length: > 0 } problem)
            lines.Add(Paint.Labelled("Problem", problem, width));
        lines.Add(Paint.Labelled("Holds", $"revision {report.Revision ?? "unknown"}, {Paint.Size(report.Backup.Size)}{(report.Integrity == ProofOutcome.Passed ? $", {Paint.Count(report.TotalRows, "row")} in {Paint.Count(report.Rows.Count, "table")}" : "")}", width));
        var objective = report.Rpo is { } rpo ? $", {(report.MeetsRpo == true ? "within" : "beyond")} the RPO of {Readable.Age(rpo)}" : "";
        lines.Add(Paint.Labelled("Age", $"{Readable.Age(report.Age)}{objective}", width));
        lines.Add(Paint.Labelled("Proofs",
            $"checksum {Outcome(report.Checksum)}, integrity {Outcome(report.Integrity)}, restored {Outcome(report.Restored)}, "
            + $"verified {Outcome(report.Verified)}", width));
        if (report.Rto is { } rto)
            lines.Add(Paint.Labelled("Drill", $"restored in {Readable.Duration(report.RestoreDuration!.Value)}, checked in "
                + $"{Readable.Duration(report.CheckDuration!.Value)}: expect {Readable.Duration(rto)}", width));
        if (report.Recommendation is { Length: > 0 } next)
            lines.Add(Paint.Labelled("Next", next, width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    /// <summary>How often a database is backed up.</summary>
    public static string Cadence(BackupCadence cadence, int width)
    {
        string Against(TimeSpan time) => cadence.Rpo is { } rpo ? $", {(time <= rpo ? "within" : "beyond")} the RPO of {Readable.Age(rpo)}" : "";
        var name = cadence.DeploymentName ?? cadence.Database ?? cadence.Kind.ToString();
        var newest = cadence is { BackupPath: { } path, Age: { } age } ? $"{Path.GetFileName(path)}, {Readable.Age(age)} old{Against(age)}"
            : "none that can be relied on";
        var lines = new List<string>
        {
            $"{Paint.Mark(cadence.MeetsRpo ?? cadence.Proven > 0)} {name}  {Paint.Count(cadence.Backups, "backup")}, {cadence.Proven} proven",
            Paint.Labelled("Newest", newest, width),
        };
        if (cadence is { LargestGap: { } gap, GapBegan: { } began, GapEnded: { } ended })
            lines.Add(Paint.Labelled("Worst gap", $"{Readable.Age(gap)}, from {Readable.Time(began)} to {Readable.Time(ended)}{Against(gap)}", width));
        if (cadence.Recommendation is { Length: > 0 } next)
            lines.Add(Paint.Labelled("Next", next, width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    /// <summary>A database, with its fullest tables.</summary>
    public static string Database(DatabaseReport database, int width) => string.Join('\n',
        $"{Paint.Good($"Revision {database.Revision}")}  {Paint.Count(database.TotalRows, "row")} "
        + $"in {Paint.Count(database.Rows.Count, "table")}, {Paint.Size(database.Size)}",
        Paint.Labelled("Location", $"{database.Location}, {(database.Transport == DatabaseTransport.Container ? "through the container" : "directly")}", width),
        Paint.Labelled("Database", database.Database, width),
        Paint.Labelled("Version", database.ServerVersion, width),
        Paint.Labelled(
        "Fullest", string.Join(", ", database.Rows.OrderByDescending(table => table.Rows).ThenBy(table => table.Table, StringComparer.Ordinal).Take(5)), width),
        "");

    // What could not be looked at may well be good.
    private static string Verdict(BackupReport report) => report switch
    {
        { Usable: true } => Paint.Good("Usable"),
        { MeetsRpo: not false, Checksum: not ProofOutcome.Failed, Integrity: not ProofOutcome.Failed, Restored: not ProofOutcome.Failed,
        Verified: not ProofOutcome.Failed } => Paint.Warn("Not proven"),
        _ => Paint.Bad("Not usable"),
    };

    public static string Outcome(ProofOutcome outcome) => outcome switch
    {
        ProofOutcome.Passed => Paint.Good("ok"),
        ProofOutcome.Failed => Paint.Bad("failed"),
        _ => Paint.Faint("not run"),
    };
}
