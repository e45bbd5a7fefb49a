namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>A clock that runs some times faster than the machine's, so that what waits seconds for an engine waits milliseconds for this one.</summary>
internal sealed class ScaledClock(int factor) : TimeProvider
{
    private readonly DateTimeOffset _began = DateTimeOffset.UtcNow;
    private readonly long _at = System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _began + System.GetElapsedTime(_at) * factor;

    public override long GetTimestamp() => (System.GetTimestamp() - _at) * factor;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Shorten(dueTime), Shorten(period));

    /// <summary>The same for one process: of a dead one no timer ends.</summary>
    public TimeProvider For(Actor actor) => new MortalClock(this, actor);

    private TimeSpan Shorten(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / factor;

    private sealed class MortalClock(ScaledClock clock, Actor actor) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(given =>
        {
            if (!actor.IsDead)
                callback(given);
        }, state, dueTime, period);
    }
}
