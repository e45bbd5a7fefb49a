namespace ShoreGuard.Rollback.Engine;

/// <summary>The time since it was made, by the clock of an engine.</summary>
internal sealed class Elapsed(TimeProvider clock)
{
    private readonly long _began = clock.GetTimestamp();

    /// <summary>How long it is.</summary>
    public TimeSpan Value => clock.GetElapsedTime(_began);
}
