using CsCheck;
using ShoreGuard.Rollback.Engine.Alerts;

namespace ShoreGuard.Rollback.Engine.Tests.Alerts;

/// <summary>The times of an alert, out of the samples of its rule.</summary>
public sealed class AlertHistoryTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    // Points 0 to 20, ten seconds apart.
    private static readonly AlertSpan Span = new(Start, Start.AddSeconds(200), TimeSpan.FromSeconds(10));

    [Fact]
    public void What_fires_until_now_goes_on_and_began_when_its_condition_did()
    {
        var episode = Assert.Single(Find(begun: [.. Held(15, 20, at: 147)], firing: [.. Points(17, 20)], pending: [.. Points(15, 16)]));
        Assert.Equal(
            (AlertState.Firing, Start.AddSeconds(147), Start.AddSeconds(170), null), (episode.State, episode.StartedAt, episode.FiredAt, episode.EndedAt));
    }

    [Fact]
    public void What_has_ended_has_its_end_within_a_step()
    {
        var episode = Assert.Single(Find(begun: [.. Held(2, 9, at: 15)], firing: [.. Points(3, 9)], pending: [.. Points(2, 2)]));
        Assert.Equal((AlertState.Ended, Start.AddSeconds(15), Start.AddSeconds(30), Start.AddSeconds(100)),
            (episode.State, episode.StartedAt, episode.FiredAt, episode.EndedAt));
        Assert.True(episode.HasFired);
    }

    [Fact]
    public void What_fired_at_the_first_point_began_before_it()
    {
        var episode = Assert.Single(Find(begun: [.. Held(0, 20, at: -86_400)], firing: [.. Points(0, 20)]));
        Assert.Equal((AlertState.Firing, Start.AddDays(-1), null), (episode.State, episode.StartedAt, episode.FiredAt));
    }

    [Fact]
    public void Two_times_without_a_gap_between_are_two()
    {
        var episodes = Find(begun: [.. Held(2, 9, at: 15), .. Held(10, 20, at: 96)], firing: [.. Points(2, 20)]);
        Assert.Equal(
            [(Start.AddSeconds(15), AlertState.Ended), (Start.AddSeconds(96), AlertState.Firing)], episodes.Select(each => (each.StartedAt, each.State)));
        Assert.Equal(Start.AddSeconds(100), episodes[0].EndedAt);
    }

    [Fact]
    public void A_restart_of_Prometheus_in_between_is_no_end()
    {
        var episode = Assert.Single(Find(begun: [.. Held(2, 6, at: 15), .. Held(14, 20, at: 15)], firing: [.. Points(3, 6), .. Points(14, 20)]));
        Assert.Equal((AlertState.Firing, Start.AddSeconds(15)), (episode.State, episode.StartedAt));
    }

    [Fact]
    public void Without_their_beginnings_a_gap_is_an_end()
    {
        var episodes = Find(begun: [], firing: [.. Points(2, 4), .. Points(8, 9)]);
        Assert.Equal([(Start.AddSeconds(20), Start.AddSeconds(50)), (Start.AddSeconds(80), Start.AddSeconds(100))],
            episodes.Select(each => (each.StartedAt, each.EndedAt!.Value)));
    }

    [Fact]
    public void Pending_that_never_fired_is_told_from_firing()
    {
        Assert.False(Assert.Single(Find(begun: [.. Held(2, 5, at: 15)], firing: [], pending: [.. Points(2, 5)])).HasFired);
        Assert.Equal(AlertState.Pending, Assert.Single(Find(begun: [.. Held(19, 20, at: 185)], firing: [], pending: [.. Points(19, 20)])).State);
    }

    // The last evaluation came between the two questions.
    [Fact]
    public void A_point_that_only_one_of_the_two_series_has_belongs_to_the_same_time()
    {
        Assert.Equal(AlertState.Firing, Assert.Single(Find(begun: [.. Held(15, 20, at: 147)], firing: [.. Points(16, 19)])).State);
        Assert.Equal(AlertState.Firing, Assert.Single(Find(begun: [.. Held(15, 19, at: 147)], firing: [.. Points(16, 20)])).State);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    [InlineData(1e300)]
    public void A_beginning_that_is_none_is_left_out(double value)
    {
        var episode = Assert.Single(Find(begun: [.. Points(3, 20).Select(time => new AlertSample(time, value))], firing: [.. Points(3, 20)]));
        Assert.Equal(Start.AddSeconds(30), episode.StartedAt);
    }

    // A history as it happened, and what is seen of it at the points.
    [Fact]
    public void Of_any_history_each_time_that_was_seen_is_found_with_its_beginning_and_an_end_that_is_a_step_late_at_most()
    {
        var lengths = Gen.Select(Gen.Int[1, 60], Gen.Int[0, 30], Gen.Int[1, 80]).Array[0, 6];
        Gen.Select(lengths, Gen.Int[1, 30]).Sample((history, step) =>
        {
            var span = new AlertSpan(Start, Start.AddSeconds(step * 20), TimeSpan.FromSeconds(step));
            var truth = Truth(history);
            var (begun, firing, pending) = Seen(truth, span);
            var found = AlertHistory.Episodes(begun, firing, pending, span);
            var visible = truth.Where(time => PointsOf(span).Any(point => time.From <= point && point < time.Until)).ToList();
            Assert.Equal(visible.Select(time => time.From), found.Select(each => each.StartedAt));
            foreach (var (time, each) in visible.Zip(found))
            {
                Assert.Equal(time.Until > span.Until, each.EndedAt is null);
                Assert.True(each.EndedAt is not { } ended || (ended >= time.Until && ended - time.Until <= span.Step));
                Assert.True(each.FiredAt is not { } fired || (fired >= time.Fires && fired - time.Fires <= span.Step));
            }
        });
    }

    [Fact]
    public void However_long_the_look_is_it_has_no_more_points_than_are_allowed_and_ends_now() => Gen.Double[0, 3e8].Sample(seconds =>
    {
        var now = Start.AddMilliseconds(123);
        var span = AlertSpan.Between(now.AddSeconds(-seconds), now);
        var points = (span.Until - span.From) / span.Step;
        return span.Until == now && span.From <= now.AddSeconds(-seconds) && points == Math.Round(points) && points + 1 <= AlertSpan.MostPoints
            && span.Step >= TimeSpan.FromSeconds(1) && span.Step.Ticks % TimeSpan.TicksPerSecond == 0;
    });

    private sealed record Time(DateTimeOffset From, DateTimeOffset Fires, DateTimeOffset Until);

    private static List<Time> Truth(IEnumerable<(int Pause, int Patience, int Length)> history)
    {
        var times = new List<Time>();
        var at = Start.AddSeconds(-20);
        foreach (var (pause, patience, length) in history)
        {
            at = at.AddSeconds(pause);
            times.Add(new(at, at.AddSeconds(patience), at.AddSeconds(length)));
            at = at.AddSeconds(length);
        }
        return times;
    }

    private static (List<AlertSample> Begun, List<AlertSample> Firing, List<AlertSample> Pending) Seen(List<Time> truth, AlertSpan span)
    {
        var seen = PointsOf(span).SelectMany(point => truth.Where(time => time.From <= point && point < time.Until).Select(time => (point, time))).ToList();
        return ([.. seen.Select(each => new AlertSample(each.point, each.time.From.ToUnixTimeSeconds()))],
            [.. seen.Where(each => each.point >= each.time.Fires).Select(each => new AlertSample(each.point, 1))],
            [.. seen.Where(each => each.point < each.time.Fires).Select(each => new AlertSample(each.point, 1))]);
    }

    private static IEnumerable<DateTimeOffset> PointsOf(AlertSpan span) => Enumerable.Range(0, 21).Select(at => span.From + (at * span.Step));

    private static IEnumerable<DateTimeOffset> Points(int first, int last) => Enumerable.Range(first, last - first + 1).Select(at => Start + (at * Span.Step));

    private static IEnumerable<AlertSample> Held(int first, int last, int at) =>
        Points(first, last).Select(time => new AlertSample(time, Start.AddSeconds(at).ToUnixTimeSeconds()));

    private static IReadOnlyList<AlertEpisode> Find(
        IReadOnlyList<AlertSample> begun, IReadOnlyList<DateTimeOffset> firing, IReadOnlyList<DateTimeOffset>? pending = null) =>
        AlertHistory.Episodes(begun, Ones(firing), Ones(pending ?? []), Span);

    private static List<AlertSample> Ones(IEnumerable<DateTimeOffset> times) => [.. times.Select(time => new AlertSample(time, 1))];
}
