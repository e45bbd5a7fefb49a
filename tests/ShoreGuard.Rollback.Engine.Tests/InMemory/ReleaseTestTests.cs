using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Operations.Guarding;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>The gate of a deploy: what may go out, what may not, and what nobody can tell.</summary>
public sealed class ReleaseTestTests : IDisposable
{
    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    private async Task<ReleaseReport> TestAsync(string version, params ReleaseRequirement[] required)
    {
        ReleaseReport? report = null;
        Assert.Null(await _scene.Operator.TryAsync(async it => report = await ReleaseTest.RunAsync(new()
        {
            State = it.State,
            Deployment = await DeploymentCatalog.GetAsync(Operator.Name, _scene.World.Host, CancellationToken.None),
            Version = version,
            Required = required,
            BackupFolder = Path.Combine(_scene.World.Folder, "backups"),
        }, it, CancellationToken.None)));
        return report!;
    }

    private static ReleaseCheck Check(ReleaseReport report, string name) => Assert.Single(report.Checks, check => check.Name == name);

    private static MemoryRelease Release(string version) => Scene.Releases.Single(release => release.Version == version);

    [Fact]
    public async Task What_is_not_required_warns_and_what_is_fails()
    {
        _scene.Deploy("0.27.0");
        var report = await TestAsync("0.28.0");
        Assert.True(report is { Passed: true, Inconclusive: false, Version: "0.28.0" }, report.Explanation);
        Assert.Equal(ReleaseOutcome.Warned, Check(report, "Backup").Outcome);
        Assert.Equal((ReleaseOutcome.Passed, false), (Check(report, "Reversible").Outcome, Check(report, "Reversible").Required));
        Assert.Contains("every step of that can be taken back", Check(report, "Reversible").Explanation, StringComparison.Ordinal);

        report = await TestAsync("0.28.0", ReleaseRequirement.Backup, ReleaseRequirement.KnownIdentity, ReleaseRequirement.Reversible);
        Assert.True(report is { Passed: false, Inconclusive: false });
        Assert.Contains("Backup-ShoreGuardDatabase", report.Recommendation, StringComparison.Ordinal);
        Assert.Null(await _scene.Operator.TryAsync(it => it.BackupAsync()));
        report = await TestAsync("0.28.0", ReleaseRequirement.Backup, ReleaseRequirement.KnownIdentity, ReleaseRequirement.Reversible);
        Assert.True(report.Passed, report.Explanation);
        Assert.Contains("is proven and", Check(report, "Backup").Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_old_or_damaged_is_none()
    {
        _scene.Deploy("0.27.0");
        _scene.OldBackup();
        var report = await TestAsync("0.28.0", ReleaseRequirement.Backup);
        Assert.Equal(ReleaseOutcome.Failed, Check(report, "Backup").Outcome);
        Assert.Contains("and the RPO is 1 d", Check(report, "Backup").Explanation, StringComparison.Ordinal);
        string made = "";
        Assert.Null(await _scene.Operator.TryAsync(async it => made = await it.BackupAsync()));
        var content = await File.ReadAllBytesAsync(made, TestContext.Current.CancellationToken);
        content[^100] ^= 0xFF;
        await File.WriteAllBytesAsync(made, content, TestContext.Current.CancellationToken);
        report = await TestAsync("0.28.0", ReleaseRequirement.Backup);
        Assert.Equal(ReleaseOutcome.Failed, Check(report, "Backup").Outcome);
        Assert.Contains("is not proven", Check(report, "Backup").Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_blocked_fails_whatever_is_required(bool byCommit)
    {
        _scene.Deploy("0.27.0");
        var release = Release("0.27.1");
        Assert.Null(await _scene.Operator.TryAsync(it => Task.FromResult(it.State.Blocklist.Add(new()
        {
            Digest = byCommit ? null : release.Digest,
            GitSha = byCommit ? release.GitSha[..7] : null,
            Reason = "it is bad.",
            BlockedAt = DateTimeOffset.UtcNow,
            BlockedBy = "operator",
        }))));
        var report = await TestAsync("0.27.1");
        Assert.True(report is { Passed: false, Inconclusive: false });
        Assert.EndsWith("by operator: it is bad.", report.Explanation, StringComparison.Ordinal);
        Assert.True((await TestAsync("0.27.2")).Passed);
    }

    [Fact]
    public async Task One_that_would_not_start_on_the_database_fails_whatever_is_required()
    {
        _scene.Deploy("0.28.0");
        var report = await TestAsync("0.27.0");
        Assert.False(report.Passed);
        Assert.Equal((ReleaseOutcome.Failed, true), (Check(report, "Reversible").Outcome, Check(report, "Reversible").Required));
        Assert.Contains("it would not start", report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_image_is_not_here_it_is_unknown_and_has_not_passed_where_it_is_required()
    {
        _scene.Deploy("0.27.0");
        _scene.World.Images.Remove(Release("0.28.0").Id);
        var report = await TestAsync("0.28.0", ReleaseRequirement.Reversible);
        Assert.True(report is { Passed: false, Inconclusive: true }, report.Explanation);
        Assert.Equal(ReleaseOutcome.Unknown, Check(report, "NotBlocked").Outcome);
        Assert.Equal(ReleaseOutcome.Unknown, Check(report, "Reversible").Outcome);
        Assert.DoesNotContain("0.28.0", _scene.World.Images.Values.Select(image => image.Version));
    }

    [Theory]
    [InlineData(DowngradeKind.Refuses, false, "017 cannot be taken back: its downgrade() refuses")]
    [InlineData(DowngradeKind.Empty, false, "017 cannot be taken back")]
    [InlineData(DowngradeKind.Implemented, true, "every step of that can be taken back")]
    public void A_migration_that_cannot_be_taken_back_is_named(DowngradeKind kind, bool holds, string part)
    {
        Migration[] migrations =
        [
            new()
            {
                Revision = "017",
                Parents = ["016"],
                Downgrade = kind,
                DowngradeReason = "no way",
                UpgradeOperations = [new() { Kind = SchemaOperationKind.CreateTable, IsConditional = false, Text = "" }],
            },
            new() { Revision = "016", Parents = [], Downgrade = DowngradeKind.Implemented },
        ];
        var finding = ReleaseSchema.Judge(new()
        {
            Deployment = new()
            {
                Name = "x",
                ContainerId = "c",
                Image = "x:1",
                ImageId = "i",
                State = "running",
                DockerHost = "h",
                Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:////x" },
            },
            Target = "x:2",
            Revisions = ["016"],
            Wanted = new(migrations),
        }, new(new(ImageReference.Parse("x:2"), null), new(null, IsHere: true)));
        Assert.Equal(holds, finding.Holds);
        Assert.Contains(part, finding.Explanation, StringComparison.Ordinal);
        Assert.False(finding.IsDecisive);
    }

    // Every combination of findings and requirements.
    [Fact]
    public void It_passes_where_everything_that_is_required_holds_and_nowhere_else()
    {
        string[] names = [ReleaseJudgement.NotBlocked, .. Enum.GetNames<ReleaseRequirement>()];
        for (var state = 0; state < 3 * 3 * 3 * 3 * 3 * 16; state++)
        {
            var required = Enum.GetValues<ReleaseRequirement>().Where((_, at) => (state >> at & 1) == 1).ToList();
            var rest = state / 16;
            var rows = names.Select(name =>
            {
                bool? holds = (rest % 3) switch { 0 => true, 1 => false, _ => null };
                rest /= 3;
                return (ReleaseJudgement.Row(name, new(holds, name), required), (string?)null);
            }).ToList();
            bool Counts(string name) => name == ReleaseJudgement.NotBlocked || required.Exists(each => each.ToString() == name);
            var (passed, inconclusive, explanation, next) = ReleaseJudgement.Of(rows);
            Assert.Equal(rows.All(row => !Counts(row.Item1.Name) || row.Item1.Outcome == ReleaseOutcome.Passed), passed);
            Assert.Equal(!passed && rows.All(row => row.Item1.Outcome != ReleaseOutcome.Failed), inconclusive);
            Assert.True(explanation.EndsWith('.') && next.Length > 0);
        }
    }
}
