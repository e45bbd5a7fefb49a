using ShoreGuard.Rollback.Engine.Operations.Planning;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>What becomes of the database follows from the schema, and from nothing else.</summary>
public sealed class SchemaDecisionTests
{
    private static Migration Of(int number, bool reversible = true) => new()
    {
        Revision = $"{number:000}",
        Parents = number == 1 ? [] : [$"{number - 1:000}"],
        Downgrade = reversible ? DowngradeKind.Implemented : DowngradeKind.Refuses,
        DowngradeReason = reversible ? null : "no way back",
    };

    private static MigrationGraph Linear(int last, int irreversible = 0) =>
        new([.. Enumerable.Range(1, last).Reverse().Select(number => Of(number, number != irreversible))]);

    private static SchemaDecision.Facts Facts(MigrationGraph running, MigrationGraph target, string at, string? backup)
    {
        var comparison = new SchemaReport { Name = "sg", Revisions = [at], Graph = running, CheckedAt = DateTimeOffset.UnixEpoch }.Compare("older", target);
        var schema = new PlanSchema(comparison, running, target);
        var made = backup is null
            ? null : new Backup { BackupPath = "/b", Kind = DatabaseKind.Sqlite, Revision = backup, Size = 1, CreatedAt = DateTimeOffset.UnixEpoch };
        return new(comparison, schema.DowngradeTo, made, "/backups");
    }

    // The database is at the head of what runs, 017; the target's head, what cannot be taken back, and the backup that there is.
    [Theory]
    [InlineData(17, 0, null, RollbackStrategy.ImageOnly, true)]
    [InlineData(18, 0, null, RollbackStrategy.ImageOnly, true)]
    [InlineData(16, 0, null, RollbackStrategy.Downgrade, true)]
    [InlineData(16, 0, "016", RollbackStrategy.Downgrade, true)]
    [InlineData(15, 0, null, RollbackStrategy.Downgrade, true)]
    [InlineData(15, 16, "015", RollbackStrategy.Restore, true)]
    [InlineData(16, 16, null, RollbackStrategy.Downgrade, true)]
    [InlineData(15, 17, null, RollbackStrategy.Restore, false)]
    public void By_itself_it_chooses_what_loses_least(int target, int irreversible, string? backup, RollbackStrategy strategy, bool possible)
    {
        var decision = SchemaDecision.Make(RollbackStrategy.Auto, Facts(Linear(17, irreversible), Linear(target), "017", backup));
        Assert.Equal((strategy, possible), (decision.Strategy, decision.Obstacle is null));
    }

    [Theory]
    [InlineData(RollbackStrategy.ImageOnly, 16, null, false, "The image alone does not do")]
    [InlineData(RollbackStrategy.Downgrade, 17, null, false, "nothing to take back")]
    [InlineData(RollbackStrategy.Restore, 17, "017", true, "")]
    [InlineData(RollbackStrategy.Restore, 16, null, false, "/backups")]
    [InlineData(RollbackStrategy.Downgrade, 16, null, true, "")]
    public void What_is_asked_for_is_done_or_refused_with_the_reason(RollbackStrategy wanted, int target, string? backup, bool possible, string why)
    {
        var decision = SchemaDecision.Make(wanted, Facts(Linear(17), Linear(target), "017", backup));
        Assert.Equal((wanted, possible), (decision.Strategy, decision.Obstacle is null));
        Assert.Contains(why, decision.Obstacle ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void An_irreversible_migration_is_named()
    {
        var decision = SchemaDecision.Make(RollbackStrategy.Downgrade, Facts(Linear(17, 17), Linear(16), "017", null));
        Assert.Equal("017 cannot be taken back: its downgrade() refuses: no way back.", decision.Obstacle);
    }

    [Fact]
    public void Where_each_has_what_the_other_lacks_only_a_restore_leads_there()
    {
        var other = new MigrationGraph([new() { Revision = "x17", Parents = ["016"] }, .. Linear(16).Migrations]);
        Assert.NotNull(SchemaDecision.Make(RollbackStrategy.Downgrade, Facts(Linear(17), other, "017", null)).Obstacle);
        Assert.Equal(RollbackStrategy.Restore, SchemaDecision.Make(RollbackStrategy.Auto, Facts(Linear(17), other, "017", "016")).Strategy);
    }

    [Fact]
    public void An_image_with_several_heads_does_not_start_whatever_is_done()
    {
        var forked = new MigrationGraph([new() { Revision = "17b", Parents = ["016"] }, .. Linear(17).Migrations]);
        Assert.NotNull(SchemaDecision.Make(RollbackStrategy.Auto, Facts(Linear(17), forked, "017", null)).Obstacle);
    }
}
