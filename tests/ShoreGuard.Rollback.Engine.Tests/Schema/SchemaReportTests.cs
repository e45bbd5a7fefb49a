namespace ShoreGuard.Rollback.Engine.Tests.Schema;

public sealed class SchemaReportTests
{
    private static readonly MigrationGraph Newer = Linear(1, 18);
    private static readonly MigrationGraph Older = Linear(1, 16);

    private static MigrationGraph Linear(int first, int last) => new([.. Enumerable.Range(first, last - first + 1).Reverse().Select(Of)]);

    private static Migration Of(int number) => new() { Revision = $"{number:000}", Parents = number == 1 ? [] : [$"{number - 1:000}"] };

    private static SchemaReport At(MigrationGraph? graph, params string[] revisions) =>
        new() { Name = "sg", Revisions = revisions, Graph = graph, CheckedAt = DateTimeOffset.UnixEpoch };

    [Fact]
    public void At_the_head_of_an_image_it_is_the_same()
    {
        var comparison = At(Newer, "016").Compare("older", Older);
        Assert.Equal(SchemaVerdict.Same, comparison.Verdict);
        Assert.True(comparison.Starts);
    }

    [Theory]
    [InlineData("016", 2)]
    [InlineData("", 18)]
    public void Behind_an_image_it_is_upgraded_by_the_next_start(string revision, int upgrades)
    {
        var comparison = At(Newer, revision.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Compare("newer", Newer);
        Assert.Equal((SchemaVerdict.Behind, upgrades, true), (comparison.Verdict, comparison.Upgrades.Count, comparison.Starts));
        Assert.Equal("018", comparison.Upgrades[^1].Revision);
    }

    [Fact]
    public void Ahead_of_an_image_it_keeps_it_from_starting_until_the_rest_is_taken_back()
    {
        var comparison = At(Newer, "018").Compare("older", Older);
        Assert.Equal((SchemaVerdict.Ahead, false), (comparison.Verdict, comparison.Starts));
        Assert.Equal(["018", "017"], comparison.Downgrades.Select(migration => migration.Revision));
    }

    [Fact]
    public void With_migrations_on_both_sides_that_the_other_lacks_it_has_diverged()
    {
        var other = new MigrationGraph([new() { Revision = "x17", Parents = ["016"] }, .. Older.Migrations]);
        var comparison = At(Newer, "018").Compare("other", other);
        Assert.Equal(SchemaVerdict.Diverged, comparison.Verdict);
        Assert.Contains("x17", comparison.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_revision_that_neither_image_knows_is_said_to_be_unknown()
    {
        Assert.Equal(SchemaVerdict.Unknown, At(Older, "018").Compare("older", Older).Verdict);
        Assert.Equal(SchemaVerdict.Unknown, At(null, "018").Compare("older", Older).Verdict);
    }

    [Fact]
    public void A_squashed_history_is_named_where_a_script_says_what_it_replaces()
    {
        var squashed = new MigrationGraph([new() { Revision = "s1", Parents = [], Replaces = ["001", "002"] }]);
        var comparison = At(Linear(1, 2), "002").Compare("squashed", squashed);
        Assert.Equal(SchemaVerdict.Diverged, comparison.Verdict);
        Assert.Contains("its s1 says that it replaces 002", comparison.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_is_held_against_another_one_by_its_heads() =>
        Assert.Equal(
            SchemaVerdict.Ahead, new SchemaReport { Name = "newer", Graph = Newer, CheckedAt = DateTimeOffset.UnixEpoch }.Compare("older", Older).Verdict);

    [Fact]
    public void With_several_heads_an_image_does_not_start_whatever_the_database()
    {
        var forked = new MigrationGraph([new() { Revision = "2a", Parents = ["001"] }, new() { Revision = "2b", Parents = ["001"] }, Of(1)]);
        var report = At(forked, "2a", "2b");
        Assert.False(report.Compare("forked", forked).Starts);
        Assert.Equal(SchemaVerdict.Same, report.Compare("forked", forked).Verdict);
        Assert.Contains(report.Problems, problem => problem.Contains("2 heads (2a, 2b)", StringComparison.Ordinal));
        Assert.Null(report.Revision);
    }

    [Theory]
    [InlineData(DowngradeKind.Implemented, true, true)]
    [InlineData(DowngradeKind.Empty, true, false)]
    [InlineData(DowngradeKind.Empty, false, true)]
    [InlineData(DowngradeKind.Refuses, true, false)]
    [InlineData(DowngradeKind.MayRefuse, true, false)]
    [InlineData(DowngradeKind.Unread, true, false)]
    public void A_migration_is_reversible_when_its_downgrade_undoes_what_its_upgrade_did(DowngradeKind downgrade, bool upgrades, bool reversible)
    {
        var operation = new SchemaOperation { Kind = SchemaOperationKind.DropTable, Table = "t", IsConditional = false, Text = "" };
        var migration = Of(1) with { Downgrade = downgrade, UpgradeOperations = upgrades ? [operation] : [] };
        Assert.Equal(reversible, migration.IsReversible);
    }

    [Theory]
    [InlineData(SchemaOperationKind.DropTable, null, null)]
    [InlineData(SchemaOperationKind.DropColumn, "t", null)]
    [InlineData(SchemaOperationKind.Unknown, "t", "x")]
    public void A_downgrade_of_which_a_name_cannot_be_read_is_none_that_is_relied_on(SchemaOperationKind kind, string? table, string? name)
    {
        var operation = new SchemaOperation { Kind = kind, Table = table, Name = name, IsConditional = false, Text = "op.do(x)" };
        Assert.Contains(
            "op.do(x)", (Of(1) with { Downgrade = DowngradeKind.Implemented, DowngradeOperations = [operation] }).Obstacle, StringComparison.Ordinal);
    }
}
