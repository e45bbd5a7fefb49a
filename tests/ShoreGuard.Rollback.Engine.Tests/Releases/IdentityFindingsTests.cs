using ShoreGuard.Rollback.Engine.Releases;

namespace ShoreGuard.Rollback.Engine.Tests.Releases;

public sealed class IdentityFindingsTests
{
    private const string Running = "sha256:1", Other = "sha256:2";
    private static readonly BuildIdentity Build = new() { Version = "0.27.0", GitSha = "27d0c5a1e94f38b6720d1c5eaf83b40967e2d15c",
        BuildTime = DateTimeOffset.UnixEpoch, Source = "test" };
    private static readonly Deployment Deployment = new()
    {
        Name = "prod-shoreguard-1",
        ContainerId = "c",
        Image = "r/s:0.27.0",
        ImageId = "i",
        State = "running",
        DockerHost = "unix:///x",
        Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:///x" },
        Identity = Build,
        Digest = Running,
    };

    private static IdentityFindings Good => new()
    {
        Request = new() { Deployment = Deployment },
        Image = ImageReference.Parse("r/s:0.27.0"),
        Answered = Build,
        Running = Build,
        Published = Build,
        RunningDigest = Running,
        PublishedDigest = Running,
        CheckedAt = DateTimeOffset.UnixEpoch,
    };

    [Fact]
    public void All_the_same_is_a_match()
    {
        var report = Good.Judge();
        Assert.Equal((IdentityVerdict.Match, false, 0, 0), (report.Verdict, report.TagMoved, report.Differences.Count, report.Unchecked.Count));
        Assert.Equal(3, report.Checked.Count);
    }

    [Fact]
    public void A_tag_that_means_another_image_now_is_no_match_even_if_both_say_the_same()
    {
        var report = (Good with { PublishedDigest = Other }).Judge();
        Assert.Equal((IdentityVerdict.Mismatch, true), (report.Verdict, report.TagMoved));
        Assert.Contains("0.27.0 now means another image", report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void What_answers_something_else_than_its_image_differs_and_the_pipeline_is_to_blame()
    {
        var report = (Good with { Answered = Build with { GitSha = new string('f', 40) } }).Judge();
        var difference = Assert.Single(report.Differences);
        Assert.Equal(
            ("git_sha", Build.GitSha, new string('f', 40), "what answers"), (difference.Field, difference.Expected, difference.Actual, difference.ActualOf));
        Assert.Contains("The pipeline is wrong, not the code; rolling back will reproduce it", report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_image_that_is_not_what_its_tag_and_labels_say_differs()
    {
        var report = (Good with { Published = Build with { Version = "0.28.0.dev1" }, Labels = ("0.27.0", "deadbee") }).Judge();
        Assert.Equal(["version 0.27.0 its tag 0.27.0", "git_sha deadbee its labels"],
            report.Differences.Select(difference => $"{difference.Field} {difference.Expected} {difference.ExpectedBy}"));
    }

    [Fact]
    public void Whatever_was_not_checked_keeps_the_verdict_from_being_a_match()
    {
        foreach (var findings in new[]
        {
            Good with { Answered = null, Obstacles = ["what answers"] },
            Good with { Published = null, PublishedDigest = null, Obstacles = ["what was published"] },
            Good with { RunningDigest = null },
            Good with { Running = Build with { BuildTime = null } },
            Good with { Answered = null, Running = null, Published = null },
        })
        {
            var report = findings.Judge();
            Assert.Equal(IdentityVerdict.Inconclusive, report.Verdict);
            Assert.False(report.IsMatch);
        }
    }

    [Fact]
    public void What_is_expected_is_compared_without_the_registry()
    {
        var expected = Good with { Request = new() { Deployment = Deployment, ExpectedVersion = "0.27.0", ExpectedGitSha = "sha-27d0c5a" }, Published = null,
            PublishedDigest = null, Image = null };
        Assert.Equal(IdentityVerdict.Match, expected.Judge().Verdict);

        var wrong = (expected with { Request = expected.Request with { ExpectedVersion = "0.26.0" } }).Judge();
        Assert.Equal(IdentityVerdict.Mismatch, wrong.Verdict);
        Assert.Equal(2, wrong.Differences.Count);
        Assert.Null(wrong.TagMoved);
    }
}
