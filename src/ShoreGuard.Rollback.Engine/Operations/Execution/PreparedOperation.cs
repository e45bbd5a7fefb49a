using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.Operations.Restoring;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>An operation that is planned, of whatever kind: what it will do, and the doing of it.</summary>
public sealed class PreparedOperation : IAsyncDisposable
{
    private readonly Func<IReporter, CancellationToken, Task<IReadOnlyList<object>>> _run;
    private readonly Func<ValueTask> _dispose;

    private PreparedOperation(
        string description, IEnumerable<string> warnings, Func<IReporter, CancellationToken, Task<IReadOnlyList<object>>> run, Func<ValueTask> dispose) =>
        (Description, Warnings, _run, _dispose) = (description, [.. warnings], run, dispose);

    /// <summary>What will be done, as a sentence without its full stop.</summary>
    public string Description { get; }

    /// <summary>What the operator should know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Does it.</summary>
    /// <returns>The results; an exception has its own in <see cref="ShoreGuardException.Result"/>.</returns>
    public Task<IReadOnlyList<object>> RunAsync(IReporter reporter, CancellationToken cancellation) => _run(reporter, cancellation);

    /// <summary>The same, with a look before it is done; what that throws ends it, and nothing has changed.</summary>
    internal PreparedOperation After(Func<IReporter, CancellationToken, Task> look) => new(Description, Warnings, async (reporter, cancellation) =>
    {
        await look(reporter, cancellation).ConfigureAwait(false);
        return await _run(reporter, cancellation).ConfigureAwait(false);
    }, _dispose);

    /// <summary>Of a rollback.</summary>
    public static PreparedOperation Of(RollbackExecution execution) => new(
        execution.Description, execution.Plan.Warnings, async (reporter, cancellation) =>
        [await execution.RunAsync(reporter, cancellation).ConfigureAwait(false)], execution.DisposeAsync);

    internal static PreparedOperation Of(ReplicaRollbackPlan plan) => new(plan.Description, plan.Warnings, async (reporter, cancellation) =>
    {
        var outcome = await ImageRollback.ExecuteAsync(plan, reporter, cancellation).ConfigureAwait(false);
        return outcome.Failure is null ? outcome.Results : throw outcome.Failure;
    }, () => ValueTask.CompletedTask);

    internal static PreparedOperation Of(SchemaDowngrade downgrade) => new(
        downgrade.Description, [],
        async (reporter, cancellation) =>
            [await (downgrade.IsDone ? downgrade.DescribeDoneAsync(cancellation) : downgrade.ExecuteAsync(reporter, cancellation)).ConfigureAwait(false)],
        () => Disposed(downgrade));

    internal static PreparedOperation Of(DatabaseRestore restore) => new(
        restore.Description, [], async (reporter, cancellation) =>
        [await restore.RunAsync(reporter, cancellation).ConfigureAwait(false)], () => Disposed(restore));

    private static ValueTask Disposed(IDisposable operation)
    {
        operation.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _dispose();
}
