namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>What somebody has written to a database since it was last looked at: it is never replaced unasked.</summary>
/// <param name="ByTable">By how many rows each table differs, for people.</param>
/// <param name="Count">How many rows that is in all.</param>
internal sealed record WrittenRows(string ByTable, long Count)
{
    /// <summary>Compares with what was there when nobody had been let at it yet.</summary>
    /// <returns>Null when every table has as many rows as then.</returns>
    public static WrittenRows? Since(IReadOnlyList<TableRows> then, IReadOnlyList<TableRows> now) => Of(then, now, difference => difference != 0);

    /// <summary>Compares with a backup, from which migrations may have taken away rows and whole tables since; they add none.</summary>
    /// <returns>Null when no table has more rows than there.</returns>
    public static WrittenRows? BeyondBackup(IReadOnlyList<TableRows> backup, IReadOnlyList<TableRows> now) => Of(backup, now, difference => difference > 0);

    private static WrittenRows? Of(IReadOnlyList<TableRows> then, IReadOnlyList<TableRows> now, Func<long, bool> counts)
    {
        var before = then.ToDictionary(table => table.Table, table => table.Rows, StringComparer.Ordinal);
        var present = now.ToDictionary(table => table.Table, table => table.Rows, StringComparer.Ordinal);
        var changes = before.Keys.Union(present.Keys).Order(StringComparer.Ordinal)
            .Select(table => (Table: table, Difference: present.GetValueOrDefault(table) - before.GetValueOrDefault(table)))
            .Where(change => counts(change.Difference)).ToList();
        var byTable = string.Join(", ", changes.Select(change => $"{change.Table} {change.Difference:+0;-0}"));
        return changes.Count == 0 ? null : new(byTable, changes.Sum(change => Math.Abs(change.Difference)));
    }

    /// <summary>For people.</summary>
    public override string ToString() => $"{Count} row{(Count == 1 ? "" : "s")} ({ByTable})";
}
