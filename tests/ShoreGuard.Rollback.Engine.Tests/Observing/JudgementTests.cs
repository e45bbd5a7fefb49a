using ShoreGuard.Rollback.Engine.Observing;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Observing;

/// <summary>What series of looks come to.</summary>
public sealed class JudgementTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 3, 0, 0, TimeSpan.Zero);
    private static readonly BuildIdentity Build = new() { Version = "0.27.0", Source = "http://localhost:8888/version" };

    private readonly ObservationJudgement _judgement = new("prod");
    private int _round;

    // h: healthy, u: unwell, ?: cannot be judged, o: another build, s: healthy as well, in another word.
    [Theory]
    [InlineData("hhhhhh", "Held", "", 1.0)]
    [InlineData("hhuhhh", "Held", "Healthy-NotReady NotReady-Healthy", 5 / 6.0)]
    [InlineData("huuhuuh", "Held", "Healthy-NotReady NotReady-Healthy Healthy-NotReady NotReady-Healthy", 3 / 7.0)]
    [InlineData("hhuuu", "Regressed", "Healthy-NotReady!", 2 / 5.0)]
    [InlineData("huhuuu", "Regressed", "Healthy-NotReady NotReady-Healthy Healthy-NotReady!", 2 / 6.0)]
    [InlineData("uuu", "Regressed", "-NotReady!", 0.0)]
    [InlineData("uhhhh", "Held", "-NotReady NotReady-Healthy", 4 / 5.0)]
    [InlineData("hshh", "Held", "Healthy-Degraded Degraded-Healthy", 1.0)]
    [InlineData("????", "Inconclusive", "", null)]
    [InlineData("hhhhh???", "Inconclusive", "Healthy-NotReachable", 1.0)]
    [InlineData("hhhhhh??", "Held", "Healthy-NotReachable", 1.0)]
    [InlineData("?????hh", "Inconclusive", "NotReachable-Healthy", 1.0)]
    [InlineData("???hhhh", "Held", "NotReachable-Healthy", 1.0)]
    [InlineData("hhoooh", "Inconclusive", "Healthy-WrongBuild", 1.0)]
    [InlineData("hooh", "Held", "Healthy-WrongBuild WrongBuild-Healthy", 1.0)]
    [InlineData("", "Inconclusive", "", null)]
    public void A_series(string looks, string outcome, string changes, double? availability)
    {
        var told = looks.SelectMany(look => _judgement.Add(Health(look))).ToList();
        var result = Conclude(isStopped: looks.Length == 0);
        Assert.Equal(outcome, result.Outcome.ToString());
        Assert.Equal(changes, string.Join(' ', told.Select(change => $"{change.From}-{change.To}{(change.IsRegression ? "!" : "")}")));
        Assert.Equal(told, result.Changes);
        Assert.Equal(availability, result.Availability);
        Assert.Equal(result.Outcome == ObservationOutcome.Regressed, result.Changes.Any(change => change.IsRegression));
    }

    [Fact]
    public void A_regression_dates_from_its_first_look_and_says_how_to_go_on()
    {
        foreach (var look in "hhuuu")
            _judgement.Add(Health(look));
        Assert.True(_judgement.IsDecided);
        var result = Conclude();
        Assert.Equal(Start.AddSeconds(10), result.Changes.Single().At);
        Assert.Contains("NotReady for 3 looks in a row", result.Explanation, StringComparison.Ordinal);
        Assert.Contains("Get-ShoreGuardRollbackPlan", result.Recommendation, StringComparison.Ordinal);
        Assert.Empty(_judgement.Add(Health('h')));
    }

    [Fact]
    public void What_needs_patience_has_to_last_for_that_long_too()
    {
        _judgement.Add(Health('h'));
        for (var look = 0; look < 3; look++)
            Assert.Empty(_judgement.Add(Health('u') with { Patience = TimeSpan.FromSeconds(15) }));
        Assert.Single(_judgement.Add(Health('u') with { Patience = TimeSpan.FromSeconds(15) }));
        Assert.Contains("for 4 looks in a row", Conclude().Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_confirmed_yet_is_open()
    {
        _judgement.Add(Health('h'));
        Assert.False(_judgement.IsOpen);
        _judgement.Add(Health('u'));
        Assert.True(_judgement.IsOpen && _judgement.IsOpenOf("Health") && !_judgement.IsOpenOf("API"));
        _judgement.Add(Health('h'));
        Assert.False(_judgement.IsOpen);
    }

    [Fact]
    public void A_fact_needs_no_second_look_and_another_build_is_named()
    {
        _judgement.Add(Health('h'));
        var other = new BuildIdentity { Version = "0.32.0", Source = "" };
        _judgement.Add(
            new() { What = "Container", At = Start, State = "replaced", Verdict = LookVerdict.Other, Explanation = "By somebody.", IsCertain = true,
            Identity = other });
        var result = Conclude();
        Assert.Equal((ObservationOutcome.Inconclusive, other), (result.Outcome, result.Identity));
        Assert.False(Assert.Single(result.Changes).IsRegression);
    }

    [Fact]
    public void Two_things_are_judged_apart()
    {
        for (var round = 0; round < 2; round++)
        {
            _judgement.Add(Health('u'));
            _judgement.Add(Health('u') with { What = "API", Served = null });
        }
        Assert.False(_judgement.IsDecided);
        _judgement.Add(Health('h'));
        _judgement.Add(Health('u') with { What = "API", Served = null });
        Assert.True(_judgement.IsDecided);
        Assert.Equal("API", Conclude().Changes.Single(change => change.IsRegression).What);
    }

    [Fact]
    public void A_key_that_is_refused_leaves_it_inconclusive_however_healthy()
    {
        foreach (var look in "hhhh")
        {
            _judgement.Add(Health(look));
            _judgement.Add(
                Health('?') with { What = "API", State = "Inconclusive", Explanation = "The API does not accept the key.",
                Recommendation = "Give another key." });
        }
        var result = Conclude();
        Assert.Equal(ObservationOutcome.Inconclusive, result.Outcome);
        Assert.Contains("does not accept the key", result.Explanation, StringComparison.Ordinal);
        Assert.Equal("Give another key.", result.Recommendation);
    }

    [Fact]
    public void One_that_is_stopped_says_what_was_seen()
    {
        foreach (var look in "hhh")
            _judgement.Add(Health(look));
        var result = Conclude(isStopped: true);
        Assert.Equal(ObservationOutcome.Inconclusive, result.Outcome);
        Assert.Contains("3 of 3 looks", result.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 1, 2, 2)]
    [InlineData(20, 10, 19, 20)]
    [InlineData(100, 50, 95, 99)]
    [InlineData(101, 51, 96, 100)]
    public void Percentiles_are_by_nearest_rank(int count, double p50, double p95, double p99)
    {
        var found = Percentiles.Of(Enumerable.Range(1, count).Reverse().Select(value => TimeSpan.FromMilliseconds(value)))!;
        Assert.Equal((p50, p95, p99, count), (found.P50, found.P95, found.P99, found.Calls));
    }

    [Fact]
    public void Of_no_calls_there_are_none() => Assert.Null(Percentiles.Of([]));

    private Look Health(char look)
    {
        var (state, verdict, served) = look switch
        {
            'h' => ("Healthy", LookVerdict.Well, (bool?)true),
            's' => ("Degraded", LookVerdict.Well, true),
            'u' => ("NotReady", LookVerdict.Unwell, false),
            'o' => ("WrongBuild", LookVerdict.Other, true),
            _ => ("NotReachable", LookVerdict.Unknown, null),
        };
        return new() { What = "Health", At = Start.AddSeconds(5 * _round++), State = state, Verdict = verdict, Explanation = "Seen.", Served = served,
            Identity = Build };
    }

    private ObservationResult Conclude(bool isStopped = false) => _judgement.Conclude(new()
    {
        Name = "prod",
        Uri = new("http://localhost:8888"),
        Outcome = ObservationOutcome.Inconclusive,
        StartedAt = Start,
        EndedAt = Start.AddSeconds(5 * _round),
        ObservationWindow = TimeSpan.FromMinutes(15),
        Looks = 0,
        Explanation = "",
        Recommendation = "",
    }, isStopped);
}
