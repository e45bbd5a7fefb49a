namespace ShoreGuard.Rollback;

/// <summary>The migration scripts of an image, and which builds on which. Walks them as Alembic itself does.</summary>
/// <remarks>The rules are those of <c>alembic.script.revision.RevisionMap</c> (1.13), against which they are tested.</remarks>
public sealed class MigrationGraph
{
    private readonly Dictionary<string, Migration> _byRevision;

    /// <summary>Makes one of the scripts that there are; a script that another one names may be missing.</summary>
    /// <param name="migrations">The scripts, newest first.</param>
    /// <param name="problems">What is wrong with them.</param>
    public MigrationGraph(IReadOnlyList<Migration> migrations, IReadOnlyList<string>? problems = null)
    {
        Migrations = ReadableList.Of(migrations);
        _byRevision = new(StringComparer.Ordinal);
        foreach (var migration in migrations)
            _byRevision.TryAdd(migration.Revision, migration);
        var named = migrations.SelectMany(migration => migration.Parents).ToHashSet(StringComparer.Ordinal);
        Heads = ReadableList.Of([.. _byRevision.Keys.Where(revision => !named.Contains(revision)).Order(StringComparer.Ordinal)]);
        Missing = ReadableList.Of([.. migrations.SelectMany(migration => migration.Parents.Concat(migration.DependsOn))
            .Where(revision => !Knows(revision)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
        Problems = ReadableList.Of(problems) ?? ReadableList.Empty<string>();
    }

    /// <summary>Every script, newest first.</summary>
    public IReadOnlyList<Migration> Migrations { get; }

    /// <summary>The revisions nothing builds on: where every start of the image takes the database. ShoreGuard does not start with several.</summary>
    public IReadOnlyList<string> Heads { get; }

    /// <summary>The revisions that scripts build on and that no script has.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>What else is wrong with the scripts, each a sentence without its full stop.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Whether Alembic itself can do nothing with them: the image does not start, and can take nothing back.</summary>
    public bool IsBroken => Missing.Count > 0 || Problems.Any(problem => problem.StartsWith("Alembic cannot", StringComparison.Ordinal));

    /// <summary>For people: the heads, and how many scripts there are.</summary>
    public override string ToString() =>
        $"{Migrations.Count} {(Migrations.Count == 1 ? "migration" : "migrations")}, head {(Heads.Count == 0 ? "none" : string.Join(", ", Heads))}";

    /// <summary>Whether the image knows the revision: one it does not know keeps it from starting.</summary>
    public bool Knows(string revision) => _byRevision.ContainsKey(revision);

    /// <summary>The script of a revision; null when there is none.</summary>
    public Migration? Find(string revision) => _byRevision.GetValueOrDefault(revision);

    /// <summary>Whether a start of the image leaves a database at this revision as it is.</summary>
    public bool Leaves(string revision) => Heads is [var head] && head == revision;

    /// <summary>The revisions that are applied in a database: those its <c>alembic_version</c> names, and all that they build and depend on.</summary>
    /// <param name="revisions">What <c>alembic_version</c> names. What no script has is left out.</param>
    public IReadOnlySet<string> Applied(IEnumerable<string> revisions) => Reach(revisions, migration => migration.Parents.Concat(migration.DependsOn));

    /// <summary>The migrations that an upgrade to the heads would run, oldest first.</summary>
    /// <param name="revisions">What <c>alembic_version</c> names.</param>
    public IReadOnlyList<Migration> UpgradePath(IEnumerable<string> revisions)
    {
        var applied = Applied(revisions);
        return [.. NewestFirst(Applied(Heads).Where(revision => !applied.Contains(revision))).AsEnumerable().Reverse()];
    }

    /// <summary>The migrations that a downgrade takes back, newest first.</summary>
    /// <param name="revisions">What <c>alembic_version</c> names.</param>
    /// <param name="target">The revision to go down to. Branches that do not build on it stay.</param>
    /// <returns>Empty when the target is one of the revisions; null when it is no ancestor of any, or nothing but a dependency, to which Alembic does
    /// not go down.</returns>
    public IReadOnlyList<Migration>? DowngradePath(IReadOnlyCollection<string> revisions, string target)
    {
        var children = Migrations.Where(migration => migration.Parents.Contains(target)).Select(migration => migration.Revision);
        var above = Reach(children, migration => Migrations
            .Where(other => other.Parents.Contains(migration.Revision) || other.DependsOn.Contains(migration.Revision)).Select(other => other.Revision));
        var applied = Applied(revisions);
        var path = NewestFirst(above.Where(applied.Contains));
        return path.Count > 0 || revisions.Contains(target) ? path : null;
    }

    /// <summary>What <c>alembic_version</c> names when these revisions are applied, and no others.</summary>
    public IReadOnlyList<string> HeadsOf(IReadOnlySet<string> applied)
    {
        var below = applied.Select(Find)
            .OfType<Migration>().SelectMany(migration => migration.Parents.Concat(migration.DependsOn)).ToHashSet(StringComparer.Ordinal);
        return [.. applied.Where(revision => !below.Contains(revision)).Order(StringComparer.Ordinal)];
    }

    private HashSet<string> Reach(IEnumerable<string> start, Func<Migration, IEnumerable<string>> next)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>(start);
        while (waiting.TryPop(out var revision))
        {
            if (Find(revision) is not { } migration || !reached.Add(revision))
                continue;
            foreach (var each in next(migration))
                waiting.Push(each);
        }
        return reached;
    }

    // Each before everything it builds or depends on. Scripts that build on each other in a circle, which Alembic refuses, end somewhere.
    private List<Migration> NewestFirst(IEnumerable<string> revisions)
    {
        var left = revisions.ToHashSet(StringComparer.Ordinal);
        var sorted = new List<Migration>();
        foreach (var migration in Migrations.Where(migration => left.Contains(migration.Revision)))
            Visit(migration);
        sorted.Reverse();
        return sorted;

        void Visit(Migration migration)
        {
            if (!left.Remove(migration.Revision))
                return;
            foreach (var below in migration.Parents.Concat(migration.DependsOn).Select(Find).OfType<Migration>())
                Visit(below);
            sorted.Add(migration);
        }
    }
}
