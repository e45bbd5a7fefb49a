namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>How often databases are backed up, out of the reports on their backups. Asks nobody.</summary>
public static class BackupGaps
{
    /// <summary>The cadence of each database, in the order in which its newest backup was tested.</summary>
    /// <param name="reports">What was found of each backup, in any order; their age is judged here, and not by them.</param>
    /// <param name="rpo">How much may be lost; null when that does not matter.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<BackupCadence> Judge(IReadOnlyList<BackupReport> reports, TimeSpan? rpo, DateTimeOffset now)
    {
        // Of some, as of those of ShoreGuard's own scripts, nobody knows whose they are: they count with the only database of their kind.
        var known = reports.Select(Owner).Where(owner => owner is not (null, null, _)).Distinct().ToList();
        return [.. reports.GroupBy(report => Owner(report) is (null, null, var kind) unknown
                ? known.Where(owner => owner.Kind == kind).ToList() is [var only] ? only : unknown
                : Owner(report))
            .Select(own => Judge(own.Key, [.. own], rpo, now))];
    }

    private static (string? Deployment, string? Database, DatabaseKind Kind) Owner(BackupReport report) =>
        (report.Backup.DeploymentName, report.Backup.Database, report.Backup.Kind);

    private static BackupCadence Judge(
        (string? Deployment, string? Database, DatabaseKind Kind) owner, IReadOnlyList<BackupReport> reports, TimeSpan? rpo, DateTimeOffset now)
    {
        var proven = reports.Where(report => report.Usable && !BackupCatalog.IsOfFuture(report.Backup.CreatedAt)).Select(report => report.Backup)
            .OrderBy(backup => backup.CreatedAt).ToList();
        var gap = proven.Zip(proven.Skip(1)).Select(pair => (Began: pair.First.CreatedAt, Ended: pair.Second.CreatedAt))
            .OrderByDescending(each => each.Ended - each.Began).Select(each => ((DateTimeOffset Began, DateTimeOffset Ended)?)each).FirstOrDefault();
        var newest = proven.LastOrDefault();
        var cadence = new BackupCadence
        {
            DeploymentName = owner.Deployment,
            Database = owner.Database,
            Kind = owner.Kind,
            Backups = reports.Count,
            Proven = proven.Count,
            BackupPath = newest?.BackupPath,
            Age = newest is null ? null : now > newest.CreatedAt ? now - newest.CreatedAt : TimeSpan.Zero,
            LargestGap = gap?.Ended - gap?.Began,
            GapBegan = gap?.Began,
            GapEnded = gap?.Ended,
            Rpo = rpo,
            Explanation = "",
            CheckedAt = now,
        };
        return cadence with { Explanation = Explain(cadence), Recommendation = Recommend(cadence) };
    }

    private static string Explain(BackupCadence cadence)
    {
        if (cadence.Age is not { } age)
            return $"None of {cadence.Backups} can be relied on.";
        var limit = cadence.Rpo is { } rpo ? $"; the RPO is {Readable.Age(rpo)}" : "";
        var gap = cadence.LargestGap is { } largest ? $", and the largest gap was {Readable.Age(largest)}" : "";
        return $"The newest proven backup is {Readable.Age(age)} old{gap}{limit}.";
    }

    private static string? Recommend(BackupCadence cadence) => cadence switch
    {
        { Proven: 0 } => "Make a new one with Backup-ShoreGuardDatabase now, and find out what happened to these.",
        { MeetsRpo: false } when cadence.Age > cadence.Rpo => "Make a new one with Backup-ShoreGuardDatabase now, and find out why the schedule did not.",
        { MeetsRpo: false } => $"Find out why there was none between {Readable.Time(cadence.GapBegan!.Value)} and {Readable.Time(cadence.GapEnded!.Value)}, "
            + "and back up more often than the RPO.",
        _ => null,
    };
}
