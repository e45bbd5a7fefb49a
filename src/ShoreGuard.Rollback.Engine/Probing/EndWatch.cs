using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Tells by the engine's own word that a container may have ended: asking for its state again and again takes the processor from the application
/// that starts in it.</summary>
internal sealed class EndWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Task _ended;

    private EndWatch(IContainerEngine engine, string containerId, CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _ended = engine.WaitUntilEndedAsync(containerId, _stop.Token);
    }

    /// <summary>Begins to wait.</summary>
    public static EndWatch Start(IContainerEngine engine, string containerId, CancellationToken cancellation) => new(engine, containerId, cancellation);

    /// <summary>Whether it may have: it has, or the engine could not go on waiting, so that it has to be asked.</summary>
    public bool MayHaveEnded => _ended.IsCompleted;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
