namespace ShoreGuard.Rollback;

/// <summary>The schema of a database, of an image, or of a deployment, which has both.</summary>
public sealed record SchemaReport
{
    /// <summary>What it is of: the deployment's name, the image, or the database's URL with the password replaced by <c>***</c>.</summary>
    public required string Name { get; init; }
    /// <summary>What the database's <c>alembic_version</c> names: normally one revision; several where branches are applied that were not merged;
    /// none where no migration ever ran. Null when no database was looked at.</summary>
    public IReadOnlyList<string>? Revisions { get; init => field = ReadableList.Of(value); }
    /// <summary>The database: the URL, the password replaced by <c>***</c>; null when none was looked at.</summary>
    public string? Database { get; init; }
    /// <summary>The image; null when none was looked at.</summary>
    public string? Image { get; init; }
    /// <summary>The image's id, <c>sha256:…</c>; null when none was looked at.</summary>
    public string? ImageId { get; init; }
    /// <summary>The image's migrations; null when no image was looked at.</summary>
    public MigrationGraph? Graph { get; init; }
    /// <summary>The database held against the image it runs; null unless both were looked at.</summary>
    public SchemaComparison? Own { get; init; }
    /// <summary>The database, or where there is none the image's heads, held against another image; null when none was named.</summary>
    public SchemaComparison? Comparison { get; init; }
    /// <summary>The deployment; null when none was given.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>When it was looked at, UTC.</summary>
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>The database's revision; null when it has none, or several, or when none was looked at.</summary>
    public string? Revision => Revisions is [var one] ? one : null;
    /// <summary>The revisions of the image that nothing builds on.</summary>
    public IReadOnlyList<string> Heads => Graph?.Heads ?? ReadableList.Empty<string>();
    /// <summary>The image's migrations, newest first.</summary>
    public IReadOnlyList<Migration> Migrations => Graph?.Migrations ?? ReadableList.Empty<Migration>();
    /// <summary>What is wrong with the image's migrations, each a sentence without its full stop.</summary>
    public IReadOnlyList<string> Problems => ReadableList.Of<string>(Graph is null ? [] :
    [
        .. Graph.Problems,
        .. Graph.Missing.Select(revision => $"the script of {revision} is missing, on which {string.Join(", ", Graph.Migrations.Where(migration => migration.Parents.Contains(revision) || migration.DependsOn.Contains(revision)).Select(migration => migration.Revision))} builds"),
        .. Graph.Heads.Count > 1
        ? new[] { $"it has {Graph.Heads.Count} heads ({string.Join(", ", Graph.Heads)}), and ShoreGuard's start upgrades to one: it does not start" } : [],
    ]);

    /// <summary>For people: what it is of, and where it is.</summary>
    public override string ToString() => $"{Name}: {(Revisions is null ? $"head {Text(Heads)}" : Text(Revisions))}{(Own is { } own ? $", {own.Verdict}" : "")}";

    /// <summary>Holds the database, or where there is none the image's heads, against another image. Asks nobody.</summary>
    /// <param name="image">The other image, for the words.</param>
    /// <param name="target">Its migrations.</param>
    public SchemaComparison Compare(string image, MigrationGraph target)
    {
        var revisions = Revisions ?? Heads;
        var unknown = revisions.Where(revision => !target.Knows(revision)).ToList();
        var comparison = new SchemaComparison { Image = image, Revisions = revisions, Heads = target.Heads, Verdict = SchemaVerdict.Same, Explanation = "" };
        return unknown.Count > 0 ? CompareUnknown(comparison, target, unknown) : CompareKnown(comparison, target);
    }

    private SchemaComparison CompareKnown(SchemaComparison comparison, MigrationGraph target)
    {
        var upgrades = target.UpgradePath(comparison.Revisions);
        var several = target.Heads.Count > 1 ? $"; with {target.Heads.Count} heads it does not start, though" : "";
        return upgrades.Count == 0
            ? comparison with { Explanation = $"{Subject} is at {Text(comparison.Revisions)}, the head of the image, which leaves it as it is{several}" }
            : comparison with
            {
                Verdict = SchemaVerdict.Behind,
                Upgrades = upgrades,
                Explanation = $"{Subject} is at {Text(comparison.Revisions)}, and a start of the image upgrades it to {Text(target.Heads)}{several}",
            };
    }

    private SchemaComparison CompareUnknown(SchemaComparison comparison, MigrationGraph target, List<string> unknown)
    {
        var refuses = $"the image does not know revision {Text(unknown)} and refuses to start";
        if (target.Migrations.FirstOrDefault(migration => migration.Replaces.Intersect(unknown).Any()) is { } squashed)
            refuses += $" (its {squashed.Revision} says that it replaces {Text([.. squashed.Replaces.Intersect(unknown)])}, which Alembic does not look at)";
        if (Graph is null || !unknown.All(Graph.Knows))
            return comparison with { Verdict = SchemaVerdict.Unknown,
                Explanation = $"{refuses}; which of the two is ahead only the image that made the revision can tell" };
        var applied = Graph.Applied(comparison.Revisions);
        var over = applied.Where(revision => !target.Knows(revision)).ToHashSet(StringComparer.Ordinal);
        var downgrades = Graph.UpgradePath([]).Where(migration => over.Contains(migration.Revision)).Reverse().ToList();
        var lacking = target.Migrations.Where(migration => !applied.Contains(migration.Revision)).Select(migration => migration.Revision).ToList();
        return lacking.Count == 0
            ? comparison with { Verdict = SchemaVerdict.Ahead, Downgrades = downgrades,
                Explanation = $"{refuses}: {Subject} is ahead of it by {Text([.. downgrades.Select(migration => migration.Revision)])}" }
            : comparison with { Verdict = SchemaVerdict.Diverged, Downgrades = downgrades,
                Explanation = $"{refuses}; and {Subject} lacks {Text(lacking)}, which the image has" };
    }

    private string Subject => Revisions is null ? $"a database of {Name}" : "the database";

    private static string Text(IReadOnlyList<string> revisions) => revisions.Count == 0 ? "no revision" : string.Join(", ", revisions);
}
