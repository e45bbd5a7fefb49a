using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>What every operation does, in this order: lock; look for what is unfinished; write down what it is; do it; close the record; unlock.</summary>
internal sealed class OperationRunner : IAsyncDisposable
{
    private readonly DeploymentLock _held;

    private OperationRunner(DeploymentLock held, RollbackLog log) => (_held, Log) = (held, log);

    /// <summary>Where it is written down, before each change.</summary>
    public RollbackLog Log { get; }

    /// <summary>Takes the lock of a deployment of which nothing else is unfinished, and writes the operation down.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="DeploymentLock.TakeAsync"/>; <c>PlanAlreadyRun</c>; those of the journal and of the
    /// engine. Nothing is
    /// held then.</exception>
    public static Task<OperationRunner> BeginAsync(IContainerEngine engine, Operation operation, CancellationToken cancellation) =>
        TakeAsync(engine, operation.Name, operation.Claim, held => operation.Resumed is { } resumed
            ? RollbackLog.ContinueAsync(operation.State, held, resumed, operation.Continue)
            : RollbackLog.BeginAsync(operation.State, held, operation.Entry), cancellation);

    /// <summary>The same of one whose process was killed, to bring it to its end.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="BeginAsync"/>.</exception>
    public static Task<OperationRunner> TakeOverAsync(
        IContainerEngine engine, RollbackJournal.Entry interrupted, LockClaim claim, CancellationToken cancellation) =>
        TakeAsync(engine, interrupted.Record.Name, claim, held => RollbackLog.ContinueAsync(claim.State, held, interrupted), cancellation);

    private static async Task<OperationRunner> TakeAsync(
        IContainerEngine engine, string name, LockClaim claim, Func<DeploymentLock, Task<RollbackLog>> write, CancellationToken cancellation)
    {
        var held = await DeploymentLock.TakeAsync(engine, name, claim, cancellation).ConfigureAwait(false);
        try
        {
            return new(held, await write(held).ConfigureAwait(false));
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Does the work, and writes down how it ended. What could not be put back stays unfinished, and its lock with it.</summary>
    /// <param name="work">The work. What it throws has been put back, but for <c>UndoFailed</c>.</param>
    /// <param name="end">How it has ended, out of what it brought.</param>
    /// <param name="reporter">Where is said what could not be written: it is done, or put back, and that changes nothing of it.</param>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, Func<T, OperationEnd> end, IReporter reporter)
    {
        T result;
        try
        {
            result = await work().ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.UndoFailed))
        {
            Leave();
            throw;
        }
        catch (Exception error)
        {
            await CloseFailedAsync(error, reporter).ConfigureAwait(false);
            throw;
        }
        await CloseAsync(end(result), reporter).ConfigureAwait(false);
        return result;
    }

    /// <summary>Brings an interrupted one to its end. What could not be mended stays as it is, for the next try.</summary>
    public async Task<T> MendAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>Writes down how it has ended, with the outage of the parts that were interrupted before.</summary>
    /// <remarks>The silences first: killed in between, it is still unfinished, and whoever ends it ends them.</remarks>
    public async Task CloseAsync(OperationEnd end, IReporter reporter)
    {
        await RollbackSilences.EndAsync(Log.Note, reporter).ConfigureAwait(false);
        RollbackLog.Try(() => Log.Close(end.State, end.Reason, Log.Total(end.Outage), end.Revisions), reporter);
        reporter.Verbose(Log.Cost);
    }

    /// <summary>The same of one that has failed, and was put back.</summary>
    public Task CloseFailedAsync(Exception error, IReporter reporter) =>
        CloseAsync(new(RollbackState.Reverted, Errors.Reason(error), null, Log.RevisionsBefore), reporter);

    /// <summary>It stays unfinished: whoever comes next, from wherever, is to be told.</summary>
    public void Leave() => _held.Leave();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Log.Dispose();
        await _held.DisposeAsync().ConfigureAwait(false);
    }
}
