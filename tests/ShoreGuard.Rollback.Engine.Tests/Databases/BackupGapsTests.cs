using ShoreGuard.Rollback.Engine.Databases;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>How often a database is backed up, by the backups of it that can be relied on.</summary>
public sealed class BackupGapsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Theory]
    [InlineData(new double[] { 1, 25, 49 }, 1d, 24d, true)]
    [InlineData(new double[] { 25, 1, 49 }, 1d, 24d, true)]
    [InlineData(new double[] { 1, 26, 49 }, 1d, 25d, false)]
    [InlineData(new double[] { 26, 49 }, 26d, 23d, false)]
    [InlineData(new double[] { 3 }, 3d, null, true)]
    public void The_newest_and_the_largest_gap_are_held_against_the_rpo(double[] hours, double age, double? gap, bool meets)
    {
        var cadence = Judge([.. hours.Select(each => Report(each))]);
        Assert.Equal((age, gap, meets), (cadence.Age?.TotalHours, cadence.LargestGap?.TotalHours, cadence.MeetsRpo));
        Assert.Equal(meets, cadence.Recommendation is null);
        Assert.Equal(cadence.LargestGap, cadence.GapEnded - cadence.GapBegan);
    }

    [Fact]
    public void What_cannot_be_relied_on_is_not_there()
    {
        var cadence = Judge(Report(1), Report(20, usable: false), Report(40));
        Assert.Equal((3, 2, 39, false), (cadence.Backups, cadence.Proven, cadence.LargestGap?.TotalHours, cadence.MeetsRpo));
        cadence = Judge(Report(1, usable: false));
        Assert.Equal((0, null, null, false), (cadence.Proven, cadence.Age, cadence.BackupPath, cadence.MeetsRpo));
        Assert.Contains("Backup-ShoreGuardDatabase", cadence.Recommendation, StringComparison.Ordinal);
        // One of a clock that was wrong is never the newest.
        cadence = Judge(Report(-48), Report(2));
        Assert.Equal((1, 2d), (cadence.Proven, cadence.Age!.Value.TotalHours));
    }

    [Fact]
    public void Without_an_rpo_there_are_figures_and_no_judgement()
    {
        var cadence = Assert.Single(BackupGaps.Judge([Report(1), Report(200)], rpo: null, Now));
        Assert.Equal((199d, null, null), (cadence.LargestGap!.Value.TotalHours, cadence.MeetsRpo, cadence.Recommendation));
    }

    [Fact]
    public void Each_database_has_its_own_and_one_that_says_nothing_of_itself_counts_with_the_only_one_of_its_kind()
    {
        var found = BackupGaps.Judge([Report(1, of: "a"), Report(2, of: "b"), Report(50, of: "a"), Report(3, of: null)], Day, Now);
        Assert.Equal([("a", 2), ("b", 1), (null, 1)], found.Select(each => (each.DeploymentName, each.Backups)));
        var one = Assert.Single(BackupGaps.Judge([Report(1, of: "a"), Report(20, of: null), Report(40, of: "a")], Day, Now));
        Assert.Equal((3, 20d, true), (one.Proven, one.LargestGap!.Value.TotalHours, one.MeetsRpo));
        Assert.Empty(BackupGaps.Judge([], Day, Now));
    }

    private static BackupCadence Judge(params BackupReport[] reports) => Assert.Single(BackupGaps.Judge(reports, Day, Now));

    private static BackupReport Report(double hours, bool usable = true, string? of = "a") => new()
    {
        BackupPath = $"/b/{hours}.sqlite",
        Backup = new() { BackupPath = $"/b/{hours}.sqlite", Kind = DatabaseKind.Sqlite, DeploymentName = of, Size = 1, CreatedAt = Now.AddHours(-hours) },
        Usable = usable,
        Checksum = ProofOutcome.Passed,
        Integrity = usable ? ProofOutcome.Passed : ProofOutcome.Failed,
        Restored = ProofOutcome.NotRun,
        Verified = ProofOutcome.NotRun,
        Age = TimeSpan.FromHours(hours),
        CheckedAt = Now,
        Duration = TimeSpan.Zero,
    };
}
