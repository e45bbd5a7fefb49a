using ShoreGuard.Rollback.Engine.Databases;

namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>The way from a database's revisions down to another one: whether it can be gone, what it costs, and whether it was.</summary>
internal sealed record DowngradePath
{
    private static readonly SchemaOperationKind[] ChangingRows =
    [
        SchemaOperationKind.CreateTable, SchemaOperationKind.DropTable, SchemaOperationKind.RenameTable, SchemaOperationKind.InsertRows,
            SchemaOperationKind.DeleteRows, SchemaOperationKind.Unknown,
    ];

    private readonly HashSet<string> _changed;

    private DowngradePath(MigrationGraph graph, IReadOnlyList<string> from, string to, IReadOnlyList<Migration> migrations)
    {
        (From, To, Migrations) = (from, to, migrations);
        var applied = graph.Applied(from).ToHashSet(StringComparer.Ordinal);
        applied.ExceptWith(migrations.Select(migration => migration.Revision));
        Expected = applied;
        Graph = graph;
        var changing = migrations.SelectMany(migration => migration.DowngradeOperations).Where(operation => ChangingRows.Contains(operation.Kind));
        _changed = changing.SelectMany(operation =>
            operation.Kind == SchemaOperationKind.RenameTable ? new[] { operation.Table, operation.Name } : [operation.Table])
            .OfType<string>().Select(Plain).Append("alembic_version").ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    public MigrationGraph Graph { get; }
    public IReadOnlyList<string> From { get; }
    public string To { get; }

    /// <summary>What is taken back, newest first.</summary>
    public IReadOnlyList<Migration> Migrations { get; }

    /// <summary>What is applied afterwards.</summary>
    public IReadOnlySet<string> Expected { get; }

    /// <summary>Those that cannot be taken back by their scripts, as far as these tell.</summary>
    public IReadOnlyList<Migration> Irreversible => [.. Migrations.Where(migration => !migration.IsReversible)];

    /// <summary>Finds it.</summary>
    /// <exception cref="ShoreGuardException"><c>SchemaNotStamped</c>, <c>SchemaSeveralRevisions</c>, <c>RevisionUnknown</c>, <c>MigrationsBroken</c>,
    /// <c>RevisionNotBelow</c>.</exception>
    public static DowngradePath Find(string deployment, string image, MigrationGraph graph, IReadOnlyList<string> from, string to)
    {
        if (from.Count == 0)
            throw Errors.SchemaNotStamped(deployment);
        if (from.Count > 1)
            throw Errors.SchemaSeveralRevisions(deployment, from);
        if (graph.IsBroken)
            throw Errors.MigrationsBroken(image, [.. graph.Problems, .. graph.Missing.Select(revision => $"the script of {revision} is missing")]);
        if (!graph.Knows(from[0]))
            throw Errors.DatabaseRevisionUnknown(deployment, from[0], image, graph.Heads);
        if (!graph.Knows(to))
            throw Errors.RevisionUnknown(to, image, [.. graph.Migrations.Select(migration => migration.Revision)]);
        return new(graph, from, to, graph.DowngradePath(from, to)
            ?? throw Errors.RevisionNotBelow(deployment, from[0], to, graph.Applied([to]).Contains(from[0])));
    }

    /// <summary>The columns whose values have to be counted to say what it costs.</summary>
    public IReadOnlyList<TableColumn> Columns =>
        [.. Destroying.Where(step => step.Operation.Kind == SchemaOperationKind.DropColumn)
            .Select(step => new TableColumn(Plain(step.Operation.Table!), step.Operation.Name!)).Distinct()];

    /// <summary>What it costs. What is not there is not lost; a column of a table that goes is lost with it.</summary>
    public IReadOnlyList<SchemaLoss> Losses(SchemaContents contents)
    {
        var losses = new List<SchemaLoss>();
        foreach (var (revision, operation) in Destroying)
        {
            var table = Plain(operation.Table!);
            var column = operation.Kind == SchemaOperationKind.DropColumn ? operation.Name : null;
            var present = contents.Rows.FirstOrDefault(rows => string.Equals(rows.Table, table, StringComparison.OrdinalIgnoreCase));
            long? rows = column is null ? present?.Rows : contents.Values.TryGetValue(new(table, column), out var values) ? values : null;
            if (rows is not null && !losses.Any(loss => loss.Table == table && (loss.Column == column || loss.Column is null)))
                losses.Add(new() { Revision = revision, Table = table, Column = column, Rows = rows.Value, IsConditional = operation.IsConditional });
        }
        return [.. losses.Where(loss => loss.Column is null || !losses.Any(other => other.Table == loss.Table && other.Column is null))];
    }

    /// <summary>What is not as it has to be after it; null when all is.</summary>
    /// <param name="before">The rows before.</param>
    /// <param name="after">What is there now.</param>
    public string? Difference(IReadOnlyList<TableRows> before, SchemaContents after)
    {
        if (!Graph.Applied(after.Revisions).SetEquals(Expected) || !after.Revisions.All(Graph.Knows))
            return $"the database is at {(after.Revisions.Count == 0 ? "no revision" : string.Join(", ", after.Revisions))} and should be "
                + $"at {string.Join(", ", Graph.HeadsOf(Expected))}";
        var now = after.Rows.ToDictionary(table => table.Table, table => table.Rows);
        foreach (var table in before.Where(table => !_changed.Contains(table.Table)))
        {
            if (!now.Remove(table.Table, out var rows))
                return $"the table {table.Table} is gone, which no script says that it drops";
            if (rows != table.Rows)
                return $"the table {table.Table} has {rows} rows and had {table.Rows}, and no script says that it changes them";
        }
        return now.Keys.FirstOrDefault(table => !_changed.Contains(table)) is { } added
            ? $"there is a table {added}, which no script says that it makes" : null;
    }

    private IEnumerable<(string Revision, SchemaOperation Operation)> Destroying =>
        Migrations.SelectMany(migration =>
            migration.DowngradeOperations.Where(operation => operation.Destroys && !operation.IsUnread).Select(operation => (migration.Revision, operation)));

    // As the catalogue of tables names those of the schema that needs no name.
    private static string Plain(string table) => table.StartsWith("public.", StringComparison.Ordinal) ? table["public.".Length..] : table;
}
