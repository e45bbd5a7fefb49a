using ShoreGuard.Rollback.Engine.Databases;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>What counts as written since a database was last looked at.</summary>
public sealed class WrittenRowsTests
{
    private static readonly IReadOnlyList<TableRows> Then = Rows(("audit_log", 3), ("gateways", 2), ("proposals", 4));

    [Fact]
    public void Every_difference_counts_where_it_is_known_what_was_there()
    {
        Assert.Null(WrittenRows.Since(Then, Then));
        Assert.Equal("9 rows (audit_log +1, gateways -1, new +3, proposals -4)",
            WrittenRows.Since(Then, Rows(("audit_log", 4), ("gateways", 1), ("new", 3)))!.ToString());
        Assert.Equal("1 row (gateways +1)", WrittenRows.Since(Then, Rows(("audit_log", 3), ("gateways", 3), ("proposals", 4)))!.ToString());
    }

    [Fact]
    public void Rows_that_were_changed_count_where_there_are_as_many_as_before()
    {
        var changed = new HashSet<string> { "audit_log", "gateways" };
        Assert.Equal("at least 2 rows (audit_log changed, gateways changed)", WrittenRows.Since(Then, Then, changed)!.ToString());
        Assert.Equal("at least 3 rows (audit_log changed, gateways +2)",
            WrittenRows.Since(Then, Rows(("audit_log", 3), ("gateways", 4), ("proposals", 4)), changed)!.ToString());
    }

    [Fact]
    public void What_migrations_write_of_themselves_does_not_count()
    {
        var then = Rows(("alembic_version", 1), ("gateways", 2));
        Assert.Null(WrittenRows.Since(then, then, new HashSet<string> { "alembic_version" }));
        Assert.Equal("at least 1 row (gateways changed)", WrittenRows.Since(then, then, new HashSet<string> { "alembic_version", "gateways" })!.ToString());
    }

    // A downgrade that was killed may have come to any of its steps.
    [Fact]
    public void What_migrations_take_away_does_not_count_beside_a_backup()
    {
        Assert.Null(WrittenRows.BeyondBackup(Then, Rows(("audit_log", 3), ("gateways", 1))));
        Assert.Equal(2, WrittenRows.BeyondBackup(Then, Rows(("audit_log", 4), ("gateways", 3)))!.Count);
    }

    private static TableRows[] Rows(params (string Table, long Rows)[] tables) =>
        [.. tables.Select(table => new TableRows { Table = table.Table, Rows = table.Rows })];
}
