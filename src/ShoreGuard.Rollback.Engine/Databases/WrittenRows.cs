namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>What somebody has written to a database since it was last looked at: it is never replaced unasked.</summary>
/// <param name="ByTable">By how many rows each table differs, for people.</param>
/// <param name="Count">How many rows that is in all, or at least.</param>
/// <param name="IsLeast">Whether there are tables of which is known that rows were changed, and not how many.</param>
internal sealed record WrittenRows(string ByTable, long Count, bool IsLeast = false)
{
    private static readonly IReadOnlySet<string> None = new HashSet<string>();

    /// <summary>Compares with what was there when nobody had been let at it yet.</summary>
    /// <param name="then">The rows of every table then.</param>
    /// <param name="now">The rows of every table now.</param>
    /// <param name="changed">The tables with other rows than then, be it as many: <see cref="IDatabase.FindChangedAsync"/>.</param>
    /// <returns>Null when nothing was written.</returns>
    public static WrittenRows? Since(IReadOnlyList<TableRows> then, IReadOnlyList<TableRows> now, IReadOnlySet<string>? changed = null) =>
        Of(then, now, difference => difference != 0, changed ?? None);

    /// <summary>Looks for what was written since a mark; what the mark is missing for is told by the number of rows alone.</summary>
    /// <param name="database">The database.</param>
    /// <param name="then">The rows of every table then.</param>
    /// <param name="mark">Its mark then; null when none could be taken.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException">As of <see cref="IDatabase.ReadSchemaAsync"/>.</exception>
    public static async Task<WrittenRows?> SinceAsync(IDatabase database, IReadOnlyList<TableRows> then, string? mark, CancellationToken cancellation)
    {
        var now = await database.ReadSchemaAsync([], cancellation).ConfigureAwait(false);
        return Since(then, now.Rows, mark is null ? null : await database.FindChangedAsync(mark, cancellation).ConfigureAwait(false));
    }

    /// <summary>Compares with a backup, from which migrations may have taken away rows and whole tables since; they add none.</summary>
    /// <returns>Null when no table has more rows than there.</returns>
    public static WrittenRows? BeyondBackup(IReadOnlyList<TableRows> backup, IReadOnlyList<TableRows> now) =>
        Of(backup, now, difference => difference > 0, None);

    private static WrittenRows? Of(IReadOnlyList<TableRows> then, IReadOnlyList<TableRows> now, Func<long, bool> counts, IReadOnlySet<string> changed)
    {
        var before = then.ToDictionary(table => table.Table, table => table.Rows, StringComparer.Ordinal);
        var present = now.ToDictionary(table => table.Table, table => table.Rows, StringComparer.Ordinal);
        var changes = before.Keys.Union(present.Keys).Order(StringComparer.Ordinal)
            .Select(table => (Table: table, Difference: present.GetValueOrDefault(table) - before.GetValueOrDefault(table)))
            .Where(change => counts(change.Difference) || (changed.Contains(change.Table) && !IsOfMigrations(change.Table))).ToList();
        var byTable = string.Join(
            ", ", changes.Select(change => change.Difference == 0 ? $"{change.Table} changed" : $"{change.Table} {change.Difference:+0;-0}"));
        return changes.Count == 0
            ? null : new(byTable, changes.Sum(change => Math.Max(1, Math.Abs(change.Difference))), changes.Any(change => change.Difference == 0));
    }

    // A build that somebody starts writes there by itself, and nobody misses it.
    private static bool IsOfMigrations(string table) => table.Split('.')[^1] == "alembic_version";

    /// <summary>For people.</summary>
    public override string ToString() => $"{(IsLeast ? "at least " : "")}{Count} row{(Count == 1 ? "" : "s")} ({ByTable})";
}
