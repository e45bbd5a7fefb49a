namespace ShoreGuard.Rollback.Views;

/// <summary>Where a database is in the history of its migrations: the verdict in one line, then its evidence, then the migrations.</summary>
internal static class SchemaView
{
    private const int Shown = 12;

    public static string Report(SchemaReport report, int width)
    {
        var lines = new List<string> { Headline(report), "" };
        if (report.Database is { } database)
            lines.Add(Paint.Labelled("Database", $"{At(report.Revisions!)}  {database}", width));
        if (report.Graph is { } graph)
            lines.Add(Paint.Labelled(
                "Image", $"{Heads(graph)}, {Paint.Count(graph.Migrations.Count, "migration")}  {Paint.ShortDigests(report.Image ?? "")}", width));
        if (report.Own is { } own)
            lines.Add(Paint.Labelled("Fit", $"{own.Verdict}: {own.Explanation}", width));
        if (report.Comparison is { } other)
            lines.Add(Paint.Labelled("Compared", $"{Verdict(other.Verdict)} with {Paint.ShortDigests(other.Image)}: {other.Explanation}", width));
        lines.AddRange(report.Problems.Select(problem => Paint.Labelled("Problem", problem, width)));
        if (report.Migrations.Count > 0)
        {
            lines.Add("");
            lines.AddRange(Table(report, width));
        }
        lines.Add("");
        return string.Join('\n', lines);
    }

    /// <summary>A downgrade: the answer, then what it cost and what was kept.</summary>
    public static string Downgrade(SchemaDowngradeResult result, int width)
    {
        var outage = result.Application is ApplicationState.Restarted ? $", outage {Readable.Duration(result.Outage)}" : "";
        var lines = new List<string>
        {
            result switch
            {
                { Succeeded: true, Migrations.Count: 0 } => $"{Paint.Mark(true)} {Paint.Good($"At revision {result.To} already")}: nothing to do.",
                { Succeeded: true } => $"{Paint.Mark(true)} {Paint.Good($"Downgraded to {string.Join(", ", result.Revisions)}")} (was "
                    + $"{string.Join(", ", result.RevisionsBefore)}) in {Readable.Duration(result.Duration)}{outage}.",
                _ => $"{Paint.Mark(false)} {Paint.Bad($"Not downgraded to {result.To}")}: {(result.Reverted ? "what was begun is put back." : "putting the state before back failed too.")}",
            },
            "",
        };
        if (result.Reason is { Length: > 0 } reason)
            lines.Add(Paint.Labelled("Reason", reason, width));
        lines.AddRange(result.Migrations.Select(migration => Paint.Labelled(result.Succeeded ? "Taken back" : "Wanted", migration.ToString(), width)));
        if (result.Losses.Count > 0)
            lines.Add(Paint.Labelled(result.Succeeded ? "Dropped" : "Would drop", string.Join("; ", result.Losses), width));
        if (result.BackupPath is { Length: > 0 } backup)
            lines.Add(Paint.Labelled("Backup", backup, width));
        if (result.Kept is { } kept)
            lines.Add(Paint.Labelled("Kept", kept, width));
        lines.Add(Paint.Labelled("Database", result.Database, width));
        lines.Add(Paint.Labelled("Scripts of", Paint.ShortDigests(result.Image), width));
        lines.Add(Paint.Labelled("Application", ActionView.Application(result.Application, result.Succeeded), width));
        ActionView.Conclude(lines, result.Steps, [], result.Recommendation is { Length: > 0 } next ? next : null, width);
        return string.Join('\n', lines);
    }

    /// <summary>A verdict, coloured.</summary>
    public static string Verdict(SchemaVerdict verdict) => verdict switch
    {
        SchemaVerdict.Same => Paint.Good("Same"),
        SchemaVerdict.Behind => Paint.Warn("Behind"),
        _ => Paint.Bad(verdict.ToString()),
    };

    /// <summary>Whether a migration can be taken back.</summary>
    public static string Reversible(Migration migration) => migration.Downgrade switch
    {
        _ when migration.IsReversible => Paint.Good(Marks.Good),
        DowngradeKind.Empty => Paint.Bad($"{Marks.Bad} empty"),
        DowngradeKind.Refuses => Paint.Bad($"{Marks.Bad} refuses"),
        DowngradeKind.MayRefuse => Paint.Warn("? may refuse"),
        _ => Paint.Warn("? unread"),
    };

    /// <summary>What a downgrade of a migration drops, or why there is none.</summary>
    public static string Drops(Migration migration) =>
        migration.Obstacle is { } obstacle ? migration.DowngradeReason ?? obstacle
            : string.Join(", ", migration.DowngradeOperations.Where(operation => operation.Destroys).Select(Lost).Distinct(StringComparer.Ordinal));

    private static string Headline(SchemaReport report) => report switch
    {
        { Own: { } own } => own.Verdict switch
        {
            SchemaVerdict.Same => $"{Paint.Mark(true)} {report.Name}: {Paint.Good($"at {At(report.Revisions!)}")}, the head of its image.",
            SchemaVerdict.Behind =>
                $"{Paint.Warn("!")} {report.Name}: {Paint.Warn($"at {At(report.Revisions!)}")}, behind its image; its next start upgrades it.",
            _ => $"{Paint.Mark(false)} {report.Name}: {Paint.Bad($"at {At(report.Revisions!)}")}, which its image does not know; it does not start.",
        },
        { Graph: { } graph } => $"{Paint.Mark(report.Problems.Count == 0)} {Paint.ShortDigests(report.Name)}: {Heads(graph)}.",
        _ => $"{Paint.Mark(report.Revision is not null)} {report.Name}: at {At(report.Revisions ?? [])}.",
    };

    private static IEnumerable<string> Table(SchemaReport report, int width)
    {
        // Of a revision that the image does not know, nobody can tell here what it builds on.
        var applied = report.Revisions is { } revisions && revisions.All(report.Graph!.Knows) ? report.Graph.Applied(revisions) : null;
        var shown = report.Migrations.Take(Shown).ToList();
        var table = new Table<Migration>
        {
            { "", Mark, 1 },
            { "Revision", migration => migration.Revision, 8, 40 },
            { "Back", Reversible, 12 },
            { "About", migration => migration.Message, 24, 48 },
            { "A downgrade drops", Drops, 20, Table<Migration>.Wide },
        };
        foreach (var line in table.Rows(shown, width - 2))
            yield return "  " + line;
        if (report.Migrations.Count > Shown)
            yield return Paint.Faint($"    and {report.Migrations.Count - Shown} older, in Migrations");

        string Mark(Migration migration) =>
            report.Revisions?.Contains(migration.Revision) == true ? Marks.Here : applied is null || applied.Contains(migration.Revision) ? " " : "+";
    }

    private static string Lost(SchemaOperation operation) => operation.Kind switch
    {
        SchemaOperationKind.DropColumn => $"{operation.Table}.{operation.Name}",
        SchemaOperationKind.DeleteRows => $"rows of {operation.Table}",
        _ => operation.Table ?? "?",
    };

    private static string At(IReadOnlyList<string> revisions) => revisions switch
    {
        [] => "no revision: alembic_version is empty",
        [var one] => $"revision {one}",
        _ => $"revisions {string.Join(", ", revisions)}",
    };

    private static string Heads(MigrationGraph graph) => graph.Heads.Count == 1 ? $"head {graph.Heads[0]}" : $"heads {string.Join(", ", graph.Heads)}";
}
