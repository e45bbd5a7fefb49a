using ShoreGuard.Rollback.Engine.Observing;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Tests.InMemory;
using ShoreGuard.Rollback.Engine.Tests.Probing;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Observing;

/// <summary>When is looked at what, for how long; a quarter of an hour in less than a second.</summary>
public sealed class RoundsTests
{
    private static readonly ScaledClock Clock = new(500);

    [Fact]
    public async Task A_window_is_watched_to_its_end_and_the_dear_ones_are_asked_less_often()
    {
        var (health, api) = (new Scripted("Health", ""), new Scripted("API", "") { Every = TimeSpan.FromMinutes(2) });
        var result = await RunAsync(TimeSpan.FromMinutes(15), [health, api]);
        Assert.Equal(ObservationOutcome.Held, result.Outcome);
        Assert.InRange(result.Observed, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(20));
        // Every 5 s; a timer of the machine may be a millisecond early, which is half a second here.
        Assert.InRange(health.Looks, 10, 200);
        Assert.InRange(api.Looks, 2, 9);
        Assert.Equal(health.Looks, result.Looks);
    }

    [Fact]
    public async Task What_lasts_ends_it_early_and_what_is_dear_is_asked_at_once_again_when_it_is_unwell()
    {
        var (health, api) = (new Scripted("Health", ""), new Scripted("API", "uuu") { Every = TimeSpan.FromMinutes(10) });
        var result = await RunAsync(TimeSpan.FromMinutes(15), [health, api]);
        Assert.Equal(ObservationOutcome.Regressed, result.Outcome);
        Assert.Equal(3, api.Looks);
        Assert.True(result.Observed < TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task What_is_found_at_the_end_is_confirmed_after_it()
    {
        var health = new Scripted("Health", "") { WhenOver = "uuu", Window = new(Clock, TimeSpan.FromMinutes(1)) };
        var result = await RunAsync(TimeSpan.FromMinutes(1), [health]);
        Assert.Equal(ObservationOutcome.Regressed, result.Outcome);
        Assert.True(result.Observed > TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Stopped_it_gives_what_was_seen()
    {
        using var stop = new CancellationTokenSource();
        var health = new Scripted("Health", "") { Looked = looks => { if (looks == 3) stop.Cancel(); } };
        var result = await RunAsync(TimeSpan.FromMinutes(15), [health], stop);
        Assert.Equal((ObservationOutcome.Inconclusive, 3), (result.Outcome, result.Looks));
        Assert.Contains("stopped", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_is_watched_by_what_answers_there()
    {
        await using var server = LocalServer.Healthy();
        var result = await DeploymentObservation.RunAsync(
            new() { Uri = server.Uri, Window = TimeSpan.FromMilliseconds(300), Interval = TimeSpan.FromMilliseconds(100) }, _ => { },
                SilentReporter.Instance, TestContext.Current.CancellationToken);
        Assert.Equal(ObservationOutcome.Held, result.Outcome);
        Assert.Equal(1, result.Availability);
        Assert.Equal(3 * result.Looks, result.Latency!.Calls);
        Assert.NotNull(result.Identity);
    }

    [Fact]
    public async Task Where_nobody_ever_answered_nothing_can_be_said_and_one_that_falls_silent_has_regressed()
    {
        var server = LocalServer.Healthy();
        var request = new ObservationRequest { Uri = server.Uri, Window = TimeSpan.FromSeconds(5), Interval = TimeSpan.FromMilliseconds(50),
            Settling = TimeSpan.FromMilliseconds(200) };
        var running = DeploymentObservation.RunAsync(request, _ => { }, SilentReporter.Instance, TestContext.Current.CancellationToken);
        for (var wait = 0; server.Asked.Count < 9 && wait < 1000; wait++)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        await server.DisposeAsync();
        var fell = await running;
        Assert.Equal(ObservationOutcome.Regressed, fell.Outcome);
        Assert.Equal("Unreachable", Assert.Single(fell.Changes, change => change.IsRegression).To);

        var never = await DeploymentObservation.RunAsync(request with { Window = TimeSpan.FromMilliseconds(200) }, _ => { },
            SilentReporter.Instance, TestContext.Current.CancellationToken);
        Assert.Equal((ObservationOutcome.Inconclusive, null), (never.Outcome, never.Availability));
    }

    private static async Task<ObservationResult> RunAsync(TimeSpan window, Scripted[] observed, CancellationTokenSource? stop = null)
    {
        var request = new ObservationRequest { Uri = new("http://localhost:8888"), Window = window, Interval = TimeSpan.FromSeconds(5) };
        using var watched = new WatchedAddress(request, Clock);
        return await DeploymentObservation.RunAsync(request, watched, observed, _ => { },
            SilentReporter.Instance, stop?.Token ?? TestContext.Current.CancellationToken);
    }

    // Sees what a script says, and then that all is well.
    private sealed class Scripted(string what, string script) : IObserved
    {
        public string What => what;
        public TimeSpan Every { get; init; }
        public int Looks { get; private set; }
        public string WhenOver { get; init; } = "";
        public Deadline? Window { get; init; }
        public Action<int>? Looked { get; init; }
        private int _over;

        public Task<IReadOnlyList<Look>> LookAsync(CancellationToken cancellation)
        {
            var isUnwell = Window is { IsOver: true } ? _over < WhenOver.Length && WhenOver[_over++] == 'u' : Looks < script.Length && script[Looks] == 'u';
            Looks++;
            Looked?.Invoke(Looks);
            return Task.FromResult<IReadOnlyList<Look>>([new()
            {
                What = what,
                At = Clock.GetUtcNow(),
                State = isUnwell ? "Unwell" : "Well",
                Verdict = isUnwell ? LookVerdict.Unwell : LookVerdict.Well,
                Explanation = "Seen.",
                Served = what == "Health" ? !isUnwell : null,
            }]);
        }
    }

    private sealed class Deadline(TimeProvider clock, TimeSpan window)
    {
        private readonly long _began = clock.GetTimestamp();

        public bool IsOver => clock.GetElapsedTime(_began) >= window;
    }
}
