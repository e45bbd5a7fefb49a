using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Switching;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>An image rollback whose process was killed, by its record, or, of an earlier version of the module, by the names that it has left.</summary>
public sealed class InterruptedImageRollback
{
    private readonly StateStore _state;
    private readonly RollbackRecovery? _recorded;
    private readonly InterruptedSwitch? _named;

    private InterruptedImageRollback(StateStore state, string name, RollbackRecovery? recorded, InterruptedSwitch? named) =>
        (_state, Name, _recorded, _named) = (state, name, recorded, named);

    /// <summary>The deployment's name.</summary>
    public string Name { get; }

    /// <summary>Whether the new build had passed its gate and was pinned: then it is finished, else it is undone.</summary>
    public bool HasHeld => _recorded?.HasHeld ?? _named!.HasHeld;

    /// <summary>What will be done, as a sentence for a question.</summary>
    public string Description => _named?.Description ?? (HasHeld
        ? $"Finish the interrupted image rollback {_recorded!.Record.Id} of {Name}: its new build had passed the gate; remove the old container"
        : $"Undo the interrupted image rollback {_recorded!.Record.Id} of {Name}: put the old container back, and remove the new one");

    /// <summary>Looks for one; null when there is none. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, <c>RollbackUnfinished</c>, <c>RecordTooNew</c>, <c>RecordUnreadable</c>.</exception>
    internal static async Task<InterruptedImageRollback?> FindAsync(
        IContainerEngine engine, StateStore state, string name, CancellationToken cancellation)
    {
        if (await RollbackRecovery.FindAsync(engine, state, name, OperationKind.ImageRollback, cancellation).ConfigureAwait(false) is { } recorded)
            return new(state, name, recorded, named: null);
        return await InterruptedSwitch.FindAsync(engine, name, cancellation).ConfigureAwait(false) is { } named
            ? new(state, name, recorded: null, named) : null;
    }

    /// <summary>Finishes it, or undoes it.</summary>
    /// <returns>The deployment as it is then, and whether it was finished.</returns>
    /// <exception cref="ShoreGuardException"><c>NothingToRevert</c>, <c>UndoFailed</c>; those of the engine.</exception>
    public async Task<(Deployment Deployment, bool HasHeld)> RecoverAsync(string? dockerHost, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        var held = HasHeld;
        if (_recorded is not null)
        {
            // No database is replaced by it.
            held = await _recorded.MendAsync(_ => Task.FromResult(false), reporter, cancellation).ConfigureAwait(false);
        }
        else
        {
            var claim = new LockClaim(_state, "recovery of an image rollback", Mends: true);
            await using var mine = await DeploymentLock.TakeAsync(engine, Name, claim, cancellation).ConfigureAwait(false);
            await _named!.RecoverAsync(engine).ConfigureAwait(false);
        }
        return (await DeploymentCatalog.GetAsync(engine, Name, cancellation).ConfigureAwait(false), held);
    }
}
