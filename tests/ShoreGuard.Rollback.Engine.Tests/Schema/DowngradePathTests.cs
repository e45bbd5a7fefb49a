using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;

namespace ShoreGuard.Rollback.Engine.Tests.Schema;

public sealed class DowngradePathTests
{
    private static readonly MigrationGraph Graph = new(
    [
        Of("4", "3", Op(SchemaOperationKind.DropTable, "public.gone"), Op(SchemaOperationKind.DropColumn, "gone", "x")),
        Of("3", "2", Op(SchemaOperationKind.DropColumn, "kept", "a"), Op(SchemaOperationKind.DropColumn, "kept", "b") with { IsConditional = true },
        Op(SchemaOperationKind.DropTable, "never_there")),
        Of("2", "1", Op(SchemaOperationKind.RenameTable, "new", "old"), Op(SchemaOperationKind.DropIndex, null, "i")),
        Of("1", null),
    ]);

    private static readonly SchemaContents Before = Contents(["4"], ("gone", 3), ("kept", 5), ("new", 2), ("alembic_version", 1));

    private static Migration Of(string revision, string? parent, params SchemaOperation[] down) =>
        new() { Revision = revision, Parents = parent is null ? [] : [parent], DowngradeOperations = down };

    private static SchemaOperation Op(SchemaOperationKind kind, string? table, string? name = null) =>
        new() { Kind = kind, Table = table, Name = name, IsConditional = false, Text = "" };

    private static SchemaContents Contents(string[] revisions, params (string Table, long Rows)[] rows) => new(revisions,
        [.. rows.Select(table => new TableRows { Table = table.Table, Rows = table.Rows })],
        new Dictionary<TableColumn, long> { [new("kept", "a")] = 4, [new("kept", "b")] = 1, [new("gone", "x")] = 3 });

    private static DowngradePath Find(string to, params string[] from) => DowngradePath.Find("sg", "image", Graph, from, to);

    [Fact]
    public void What_it_costs_is_counted_and_what_is_not_there_costs_nothing()
    {
        var path = Find("1", "4");
        Assert.Equal(["4", "3", "2"], path.Migrations.Select(migration => migration.Revision));
        Assert.Equal(["gone: 3 rows", "kept.a: 4 values", "kept.b: 1 value, under a condition"], path.Losses(Before).Select(loss => loss.ToString()));
        Assert.Equal(["gone.x", "kept.a", "kept.b"], path.Columns.Select(column => $"{column.Table}.{column.Column}"));
    }

    [Fact]
    public void At_its_end_only_what_the_scripts_name_may_differ()
    {
        var path = Find("1", "4");
        Assert.Null(path.Difference(Before.Rows, Contents(["1"], ("kept", 5), ("old", 2), ("alembic_version", 1))));
        Assert.Contains("at 2 and should be at 1", path.Difference(Before.Rows, Contents(["2"], ("kept", 5))), StringComparison.Ordinal);
        Assert.Contains("at no revision", path.Difference(Before.Rows, Contents([], ("kept", 5))), StringComparison.Ordinal);
        Assert.Contains("kept has 4 rows and had 5", path.Difference(Before.Rows, Contents(["1"], ("kept", 4))), StringComparison.Ordinal);
        Assert.Contains("kept is gone", path.Difference(Before.Rows, Contents(["1"])), StringComparison.Ordinal);
        Assert.Contains(
            "a table _alembic_tmp_kept", path.Difference(Before.Rows, Contents(["1"], ("kept", 5), ("_alembic_tmp_kept", 0))), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_to_be_done_where_the_database_is_there_already() => Assert.Empty(Find("4", "4").Migrations);

    [Theory]
    [InlineData("9", "RevisionUnknown", "4")]
    [InlineData("-1", "RevisionUnknown", "4")]
    [InlineData("4", "RevisionNotBelow", "2")]
    [InlineData("1", "DatabaseRevisionUnknown", "9")]
    [InlineData("1", "SchemaNotStamped")]
    [InlineData("1", "SchemaSeveralRevisions", "3", "4")]
    public void A_way_that_is_none_is_a_clear_error(string to, string id, params string[] from)
    {
        var error = Assert.Throws<ShoreGuardException>(() => Find(to, from));
        Assert.Equal(id, error.Id);
        Assert.True(error.NothingChanged);
    }

    [Fact]
    public void A_history_that_Alembic_cannot_follow_is_refused()
    {
        var broken = new MigrationGraph([Of("3", "2"), Of("1", null)]);
        Assert.Equal("MigrationsBroken", Assert.Throws<ShoreGuardException>(() => DowngradePath.Find("sg", "image", broken, ["3"], "1")).Id);
    }
}
