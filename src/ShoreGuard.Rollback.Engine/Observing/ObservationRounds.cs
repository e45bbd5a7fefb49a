namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>Looks at everything, round by round, until the window is over or the outcome is certain.</summary>
/// <param name="request">How long, and how often.</param>
/// <param name="observed">What is looked at, in this order.</param>
/// <param name="clock">By which is waited.</param>
internal sealed class ObservationRounds(ObservationRequest request, IReadOnlyList<IObserved> observed, TimeProvider clock)
{
    private readonly Dictionary<IObserved, TimeSpan> _lastLooks = [];

    /// <summary>How its progress is called.</summary>
    public string Activity { get; } = $"Watching {request.Name}";

    public async Task RunAsync(ObservationJudgement judgement, Action<ObservationChange> changed, IReporter reporter, CancellationToken cancellation)
    {
        var elapsed = new Elapsed(clock);
        while (true)
        {
            var began = elapsed.Value;
            var isLast = began >= request.Window;
            foreach (var each in observed.Where(each => isLast || IsDue(each, began, judgement)))
            {
                _lastLooks[each] = began;
                foreach (var change in (await each.LookAsync(cancellation).ConfigureAwait(false)).SelectMany(judgement.Add))
                    changed(change);
                if (judgement.IsDecided)
                    return;
            }
            // What is not certain yet is so after some rounds more.
            if (isLast && !judgement.IsOpen)
                return;
            Report(judgement, elapsed.Value, reporter);
            await Task.Delay(UntilNext(began, elapsed.Value), clock, cancellation).ConfigureAwait(false);
        }
    }

    private bool IsDue(IObserved each, TimeSpan now, ObservationJudgement judgement) =>
        !_lastLooks.TryGetValue(each, out var last) || now - last >= each.Every || judgement.IsOpenOf(each.What);

    // The last round is when the window is over, not up to an interval later.
    private TimeSpan UntilNext(TimeSpan began, TimeSpan now)
    {
        var next = began < request.Window && began + request.Interval > request.Window ? request.Window : began + request.Interval;
        return next > now ? next - now : TimeSpan.Zero;
    }

    private void Report(ObservationJudgement judgement, TimeSpan elapsed, IReporter reporter)
    {
        var left = request.Window > elapsed ? request.Window - elapsed : TimeSpan.Zero;
        reporter.Progress(new(Activity, $"{judgement.Now}; {Readable.Duration(left)} left", 100 * elapsed / request.Window, left));
    }
}
