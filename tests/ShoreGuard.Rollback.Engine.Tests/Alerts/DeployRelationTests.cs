using CsCheck;
using ShoreGuard.Rollback.Engine.Alerts;

namespace ShoreGuard.Rollback.Engine.Tests.Alerts;

/// <summary>Only what was not there before a deploy can be a symptom of it.</summary>
public sealed class DeployRelationTests
{
    private static readonly DateTimeOffset Deploy = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000).AddMilliseconds(700);

    [Fact]
    public void One_that_began_after_it_may_be_a_symptom() => Is(AlertRelation.AfterDeploy, "started 40 s after the deploy", Episode(40, null));

    [Fact]
    public void One_that_began_before_it_is_none() =>
        Is(AlertRelation.BeforeDeploy, "began 3 d 2 h before the deploy, so it is no symptom of it", Episode(-266_400, null));

    // Prometheus cuts off the fraction: at 0.9 s it began after a deploy at 0.7 s, and is said to have begun at 0.
    [Fact]
    public void One_that_began_in_the_second_of_the_deploy_may_be_one() => Is(AlertRelation.AfterDeploy, "started 0 s after the deploy", Episode(-0.7, null));

    // The counters of a new container begin at zero: the rate of errors that were there before stops, and comes back.
    [Fact]
    public void One_that_fired_at_the_deploy_and_came_back_is_none() =>
        Is(AlertRelation.BeforeDeploy, "only stopped in between", Episode(300, null), Episode(-4000, 60));

    [Fact]
    public void One_that_fired_in_the_hour_before_may_be_none() =>
        Is(AlertRelation.Recurring, "had fired until 10 min before it as well", Episode(300, null), Episode(-4000, -600));

    [Fact]
    public void One_that_fired_long_before_may_be_a_symptom() =>
        Is(AlertRelation.AfterDeploy, "started 5 min after the deploy", Episode(300, null), Episode(-9000, -7200));

    [Fact]
    public void One_that_was_pending_before_and_never_fired_does_not_count() =>
        Is(AlertRelation.AfterDeploy, "started 5 min after the deploy", Episode(300, null), Episode(-900, -600) with { HasFired = false });

    [Fact]
    public void Without_a_deploy_nothing_is_said_of_it()
    {
        var episode = Episode(300, null);
        Assert.Equal(AlertRelation.Unknown, DeployRelation.Of(episode, [episode], deployedAt: null).Relation);
    }

    [Fact]
    public void Whatever_else_an_alert_has_done_one_that_began_before_is_never_taken_for_a_symptom() =>
        Gen.Select(Gen.Double[-1e6, -1.1], Gen.Double[-1e6, 1e6].Array[0, 4]).Sample((began, others) =>
        {
            var episode = Episode(began, null);
            return DeployRelation.Of(episode, [episode, .. others.Select(other => Episode(other, other + 10))], Deploy).Relation == AlertRelation.BeforeDeploy;
        });

    private static void Is(AlertRelation relation, string said, AlertEpisode episode, params AlertEpisode[] others)
    {
        var (found, sentence) = DeployRelation.Of(episode, [.. others, episode], Deploy);
        Assert.Equal(relation, found);
        Assert.Contains(said, sentence, StringComparison.Ordinal);
    }

    private static AlertEpisode Episode(double from, double? until) => new()
    {
        StartedAt = Deploy.AddSeconds(from),
        LastSeen = Deploy.AddSeconds(until ?? 1000),
        EndedAt = until is { } ended ? Deploy.AddSeconds(ended + 10) : null,
        HasFired = true,
        State = until is null ? AlertState.Firing : AlertState.Ended,
    };
}
