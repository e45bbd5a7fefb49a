using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Engine.Operations.Restoring;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>Brings an operation of any kind to an end whose process was killed, or undoes one that has ended.</summary>
public sealed class RollbackRecovery
{
    private readonly StateStore _state;
    private readonly RollbackJournal.Entry _entry;
    private readonly RegistryCredential? _credential;
    private readonly bool _takesOver;

    private RollbackRecovery(StateStore state, RollbackJournal.Entry entry, RegistryCredential? credential, bool takesOver) =>
        (_state, _entry, _credential, _takesOver) = (state, entry, credential, takesOver);

    /// <summary>The operation as it is recorded.</summary>
    public RollbackRecord Record => _entry.Record;

    /// <summary>Whether its new build had held, so that little is left to do.</summary>
    public bool HasHeld => _entry.Note.HasHeld;

    private LockClaim Claim =>
        new(_state, $"recovery of the {Kind}", Record.Id, NeedsRecord: Record.Strategy != RollbackStrategy.ImageOnly, Mends: true, _takesOver);

    private string Kind => Errors.Words(Record.Kind);

    private string Goal => Record.Kind switch
    {
        OperationKind.SchemaDowngrade => $"revision {_entry.Note.Downgrade?.To}",
        OperationKind.Restore => Record.BackupPath ?? _entry.Note.BackupPath ?? "what an earlier restore had kept",
        _ => Record.Version ?? Record.Image,
    };

    /// <summary>What going on does, as a sentence without its full stop.</summary>
    public string ResumeDescription => (HasHeld, Record.Kind) switch
    {
        (true, OperationKind.Rollback or OperationKind.ImageRollback) =>
            $"Finish the {Kind} {Record.Id} of {Record.Name}: {Goal} had passed its gate; take away what the way back needed",
        (true, OperationKind.Restore) =>
        $"Finish the {Kind} {Record.Id} of {Record.Name}: {Goal} is in its database's place; start the application where its image leaves it so",
        (true, _) => $"Finish the {Kind} {Record.Id} of {Record.Name}: its database is at {Goal}; start the application where its image leaves it so",
        (_, OperationKind.Rollback) =>
        $"Put back what the {Kind} {Record.Id} of {Record.Name} had half done, and run it once more, to {Goal}; if its new build serves already and was "
            + "written to, gate that one and keep it",
        (_, OperationKind.SchemaDowngrade) =>
        $"Finish the {Kind} {Record.Id} of {Record.Name} if its scripts have come to their end; otherwise put back what it had half done, and run it once "
        + $"more, to {Goal}",
        _ => $"Put back what the {Kind} {Record.Id} of {Record.Name} had half done, and run it once more, to {Goal}",
    };

    /// <summary>What putting it in order does, where something else is to be done after it, as a sentence without its full stop.</summary>
    public string MendDescription => HasHeld ? ResumeDescription : Record.Kind == OperationKind.SchemaDowngrade
        ? $"Finish the interrupted {Kind} {Record.Id} of {Record.Name} to {Goal} if its scripts have come to their end, or put its database back"
        : $"Put back what the interrupted {Kind} {Record.Id} of {Record.Name} had half done";

    /// <summary>What undoing does, as a sentence without its full stop.</summary>
    public string UndoDescription => $"Undo the interrupted {Kind} {Record.Id} of {Record.Name}: {Record.VersionBefore ?? Record.ImageBefore} with the "
        + "database as it was";

    /// <summary>What closing does, as a sentence without its full stop.</summary>
    public string CloseDescription => $"End the interrupted {Kind} {Record.Id} of {Record.Name} in the records, and leave everything else as it is";

    /// <summary>Finds one: on its engine where it is unfinished there, else in the journal.</summary>
    /// <param name="state">The store of whoever brings it to its end.</param>
    /// <param name="id">Its id, or the first digits of it.</param>
    /// <param name="dockerHost">The engine to look on; null for that of the environment.</param>
    /// <param name="credential">The registry credential; null for the one stored by docker login.</param>
    /// <param name="takesOver">Whether it is taken from a process on another machine, of which nobody here can tell whether it lives.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RollbackNotFound</c>, <c>RollbackInProgress</c>, <c>RecordTooNew</c>, <c>RecordUnreadable</c>; those
    /// of the journal.</exception>
    public static async Task<RollbackRecovery> FindAsync(
        StateStore state, string id, string? dockerHost, RegistryCredential? credential, bool takesOver, CancellationToken cancellation)
    {
        var journal = new RollbackJournal(state);
        var known = journal.TryGet(id);
        (RollbackJournal.Entry Entry, EngineLock.Mark Mark)? recorded = null;
        // Its engine may have been reached by another way then.
        foreach (var host in new[] { dockerHost, known?.Record.DockerHost, null }.Distinct())
            recorded ??= await OperationHistory.FindOnEngineAsync(id, host, cancellation).ConfigureAwait(false);
        if (recorded is not var (entry, mark))
        {
            entry = known ?? journal.Get(id);
            if (dockerHost is not null)
                entry = entry with { Record = entry.Record with { DockerHost = dockerHost } };
            if (entry.Record.State == RollbackState.UnderWay)
                DeploymentLock.RequireFree(state, entry.Record.DockerHost, entry.Record.Name);
            return new(state, entry, credential, takesOver);
        }
        if (mark.IsHeld && !(takesOver && !mark.Holder.Process.IsOfHere))
            throw LockRefusal.InProgress(entry.Record.Name, mark.Holder);
        return new(state, entry, credential, takesOver);
    }

    /// <summary>Finds what is unfinished of a deployment and of one kind: its own cmdlet puts it in order before it goes on.</summary>
    /// <returns>Null where nothing is.</returns>
    /// <exception cref="ShoreGuardException"><c>RollbackUnfinished</c>: an operation of another kind is; <c>RollbackInProgress</c>;
    /// <c>RecordTooNew</c>, <c>RecordUnreadable</c>.</exception>
    public static async Task<RollbackRecovery?> FindAsync(StateStore state, Deployment deployment, OperationKind kind, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        return await FindAsync(engine, state, ImageRollback.NameOf(deployment), kind, cancellation).ConfigureAwait(false);
    }

    /// <summary>The same by the deployment's name.</summary>
    internal static async Task<RollbackRecovery?> FindAsync(
        IContainerEngine engine, StateStore state, string name, OperationKind kind, CancellationToken cancellation)
    {
        await DeploymentLock.RequireFreeAsync(engine, state, name, cancellation).ConfigureAwait(false);
        if (await UnfinishedWork.FindAsync(engine, state, name, cancellation).ConfigureAwait(false) is not { } entry)
            return null;
        return entry.Record.Kind == kind ? new(state, entry, credential: null, takesOver: false) : throw Errors.RollbackUnfinished(entry.Record);
    }

    /// <summary>Refuses to go on with what has ended.</summary>
    /// <exception cref="ShoreGuardException"><c>NothingToResume</c>.</exception>
    public void RequireUnfinished()
    {
        if (Record.State is not (RollbackState.Unfinished or RollbackState.UnderWay))
            throw Errors.NothingToResume(Record);
    }

    /// <summary>Ends what has held, or puts back what has not.</summary>
    /// <returns>Whether the target serves: else it is to be run once more.</returns>
    /// <param name="insist">Asked, with what has been written meanwhile, whether an older state may replace it.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RowsWritten</c>, after which nothing has changed; <c>NothingToRevert</c>, <c>UndoFailed</c>; those of a
    /// restore.</exception>
    public async Task<bool> MendAsync(Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(Record.DockerHost, cancellation).ConfigureAwait(false);
        await using var runner = await TakeOverAsync(engine, cancellation).ConfigureAwait(false);
        var log = runner.Log;
        return await runner.MendAsync(async () =>
        {
            var interrupted = new InterruptedRollback(engine, _state, _entry, insist, reporter);
            var holds = HasHeld || await HasASiblingThatHasHeldAsync(engine, cancellation).ConfigureAwait(false)
                || await interrupted.TryGoOnAsync(log, cancellation).ConfigureAwait(false);
            if (holds)
                await interrupted.FinishAsync(log).ConfigureAwait(false);
            else
                await interrupted.RevertAsync(log, "its process was killed").ConfigureAwait(false);
            return holds;
        }).ConfigureAwait(false);
    }

    // Replicas are switched together or not at all; killed while they were told so, some have it in their record and some have not.
    private async Task<bool> HasASiblingThatHasHeldAsync(IContainerEngine engine, CancellationToken cancellation)
    {
        foreach (var sibling in _entry.Note.Siblings)
        {
            var known = (await OperationHistory.FindOnEngineAsync(engine, sibling, cancellation).ConfigureAwait(false))?.Entry
                ?? new RollbackJournal(_state).TryGet(sibling);
            if (known is { Note.HasHeld: true } or { Record.State: RollbackState.Succeeded })
                return true;
        }
        return false;
    }

    // Somebody with another state folder may have brought it to its end.
    private async Task<OperationRunner> TakeOverAsync(IContainerEngine engine, CancellationToken cancellation)
    {
        if (new RollbackJournal(_state).TryGet(Record.Id) is { } known
            && await UnfinishedWork.HasEndedElsewhereAsync(engine, known, cancellation).ConfigureAwait(false))
        {
            RollbackLog.CloseElsewhere(_state, known);
            throw Errors.NothingToResume(Record with { State = RollbackState.Closed });
        }
        return await OperationRunner.TakeOverAsync(engine, _entry, Claim, cancellation).ConfigureAwait(false);
    }

    /// <summary>Plans to run it once more, from the state before.</summary>
    /// <exception cref="ShoreGuardException">Those of planning; the state before is there then.</exception>
    public async Task<PreparedOperation> AgainAsync(IReporter reporter, CancellationToken cancellation)
    {
        var deployment = await DeploymentCatalog.GetAsync(Record.Name, Record.DockerHost, cancellation).ConfigureAwait(false);
        var again = new RollbackJournal(_state).Get(Record.Id);
        if (_entry.Note.WantsSmokeTest)
            reporter.Warning(Errors.SmokeTestNotRepeated(Record.Name));
        switch (Record.Kind)
        {
            case OperationKind.ImageRollback:
                return PreparedOperation.Of(await ImageRollback.PlanAsync([ImageRequest(deployment, again)], reporter, cancellation).ConfigureAwait(false));
            case OperationKind.SchemaDowngrade:
                var downgrade = await SchemaDowngrade.PlanAsync(DowngradeRequest(deployment), reporter, cancellation).ConfigureAwait(false);
                downgrade.Resumed = again;
                return PreparedOperation.Of(downgrade);
            case OperationKind.Restore:
                var restore = await PlanRestoreAsync(deployment, reporter, cancellation).ConfigureAwait(false);
                restore.Resumed = again;
                return PreparedOperation.Of(restore);
            default:
                return PreparedOperation.Of(await RollBackAgainAsync(deployment, again, reporter, cancellation).ConfigureAwait(false));
        }
    }

    private SchemaDowngradeRequest DowngradeRequest(Deployment deployment) => new()
    {
        State = _state,
        Deployment = deployment,
        To = _entry.Note.Downgrade!.To,
        Image = _entry.Options.Image,
        BackupFolder = _entry.Note.BackupFolder,
    };

    private ImageRollbackRequest ImageRequest(Deployment deployment, RollbackJournal.Entry again) => new()
    {
        State = _state,
        Deployment = deployment,
        Target = new() { Image = Record.Image },
        Strategy = again.Options.Switch,
        Gate = new() { Patience = again.Options.GatePatience, Stability = again.Options.GateStability, IgnoredChecks = again.Options.IgnoredChecks },
        Pin = again.Options.Pin,
        Force = again.Options.Force,
        Credential = _credential,
        Resumed = again,
    };

    private Task<DatabaseRestore> PlanRestoreAsync(Deployment deployment, IReporter reporter, CancellationToken cancellation)
    {
        var request = new DatabaseRequest { Deployment = deployment, BaseFolder = _entry.Note.BackupFolder };
        return DatabaseRestore.PlanAsync(
            request, _state, _entry.Note.BackupPath
            ?? throw Errors.NothingToResume(Record with { State = RollbackState.Reverted }), jobs: null, _entry.Note.BackupFolder, force: false, reporter,
            cancellation);
    }

    private async Task<RollbackExecution> RollBackAgainAsync(
        Deployment deployment, RollbackJournal.Entry again, IReporter reporter, CancellationToken cancellation)
    {
        var request = new RollbackRequest
        {
            State = _state,
            Deployment = deployment,
            Options = Exactly(),
            Credential = _credential,
            Reverted = Record.Reverts is { } reverted ? new RollbackJournal(_state).Get(reverted) : null,
        };
        return await RollbackExecution.ResumeAsync(again, deployment, request, reporter, cancellation).ConfigureAwait(false);
    }

    // What was decided is kept: the very image, and the very backup.
    private RollbackOptions Exactly() => _entry.Options with
    {
        Version = null,
        GitSha = null,
        Previous = false,
        Image = Record.Image,
        Strategy = Record.Strategy,
        BackupPath = Record.Strategy == RollbackStrategy.Restore ? Record.BackupPath ?? _entry.Options.BackupPath : null,
    };

    /// <summary>Puts the state before back of one that was interrupted.</summary>
    /// <returns>False when its old container is gone, so that it has to be undone as one that has ended.</returns>
    /// <param name="insist">Asked, with what has been written meanwhile, whether an older state may replace it.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RowsWritten</c>, after which nothing has changed; <c>NothingToRevert</c>, <c>UndoFailed</c>; those of a
    /// restore.</exception>
    public async Task<bool> UndoAsync(Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(Record.DockerHost, cancellation).ConfigureAwait(false);
        await using var runner = await TakeOverAsync(engine, cancellation).ConfigureAwait(false);
        var log = runner.Log;
        return await runner.MendAsync(async () =>
        {
            var interrupted = new InterruptedRollback(engine, _state, _entry, insist, reporter);
            if (HasHeld && await engine.InspectContainerAsync(_entry.Note.ContainerBefore, cancellation).ConfigureAwait(false) is null)
            {
                await interrupted.FinishAsync(log).ConfigureAwait(false);
                return false;
            }
            await interrupted.RevertAsync(log, "undone by the operator").ConfigureAwait(false);
            await RollbackSilences.EndAsync(log.Note, reporter).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Ends it in the records of the engine and of the state folder, and touches nothing else.</summary>
    /// <returns>What is left of it, each a sentence.</returns>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>; those of the journal and of the engine.</exception>
    public async Task<IReadOnlyList<string>> CloseAsync(CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(Record.DockerHost, cancellation).ConfigureAwait(false);
        await using var runner = await TakeOverAsync(engine, cancellation).ConfigureAwait(false);
        var left = await new RollbackRemains(engine, _state, _entry).FindAsync(cancellation).ConfigureAwait(false);
        left = [.. left, .. await RollbackSilences.EndAsync(_entry.Note).ConfigureAwait(false)];
        runner.Log.Close(RollbackState.Closed, left.Count == 0
            ? "closed by the operator" : $"closed by the operator; left: {string.Join(" ", left)}", null, []);
        // Last: without it, an unfinished rollback would no longer know that its database went down. Killed before, the next downgrade asks.
        await new DowngradeFile(_state, Record.DockerHost, Record.Name).ForgetAsync().ConfigureAwait(false);
        return left;
    }

    /// <summary>Plans to undo one that has ended: back to the image before, with the database that was before.</summary>
    /// <param name="insist">Asked before it is done, with what was written to the database since, whether an older state may replace it.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The operation, which is refused with <c>RowsWritten</c> where nobody insists.</returns>
    /// <exception cref="ShoreGuardException"><c>NothingToRevert</c>; those of planning.</exception>
    public async Task<PreparedOperation> ReverseAsync(Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        var entry = new RollbackJournal(_state).Get(Record.Id);
        if (entry.Record.State != RollbackState.Succeeded)
            throw Errors.NothingToRevert(entry.Record, entry.Record.State == RollbackState.Reverted
                ? "it was put back already" : $"it is {entry.Record.State}");
        var deployment = await DeploymentCatalog.GetAsync(Record.Name, Record.DockerHost, cancellation).ConfigureAwait(false);
        if (deployment.ContainerId != entry.Note.ContainerAfter)
            throw Errors.NothingToRevert(entry.Record, $"{Record.Name} has been changed since, and runs {deployment.Image}");
        var operation = Record.Kind is OperationKind.Restore or OperationKind.SchemaDowngrade
            ? PreparedOperation.Of(await RestoreBeforeAsync(deployment, entry, reporter, cancellation).ConfigureAwait(false))
            : await ReturnToImageBeforeAsync(deployment, entry, reporter, cancellation).ConfigureAwait(false);
        return operation.After((each, token) => RequireNothingWrittenAsync(entry.Note, insist, each, token));
    }

    private async Task<PreparedOperation> ReturnToImageBeforeAsync(
        Deployment deployment, RollbackJournal.Entry entry, IReporter reporter, CancellationToken cancellation)
    {
        var changed = Record.Strategy != RollbackStrategy.ImageOnly;
        var options = entry.Options with
        {
            Version = null,
            GitSha = null,
            Previous = false,
            Image = entry.Note.ImageBefore,
            Strategy = changed ? RollbackStrategy.Restore : RollbackStrategy.ImageOnly,
            BackupPath = Record.Strategy == RollbackStrategy.Downgrade ? entry.Note.BackupPath : null,
            IgnoredChecks = [.. entry.Options.IgnoredChecks, .. entry.Note.FailedBefore],
            BackupFolder = entry.Options.BackupFolder is { Length: > 0 } folder ? folder : _state.BackupFolder,
        };
        var request = new RollbackRequest { State = _state, Deployment = deployment, Options = options, Credential = _credential, Reverted = entry };
        return PreparedOperation.Of(await RollbackExecution.PlanAsync(request, given: null, reporter, cancellation).ConfigureAwait(false));
    }

    // It has served since, and what was written then is somebody's. A database that cannot be looked at is not one that nobody has written to.
    private async Task RequireNothingWrittenAsync(RollbackNote note, Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        if (Record.Strategy == RollbackStrategy.ImageOnly || note.Rows is not { } then)
            return;
        var (finding, refusal) = await FindWrittenAsync(note, then, reporter, cancellation).ConfigureAwait(false);
        if (refusal is not null
            && !await insist($"{finding} The database from before takes its place; what was written is kept, and out of service.").ConfigureAwait(false))
            throw refusal;
    }

    private async Task<(string Finding, ShoreGuardException? Refusal)> FindWrittenAsync(
        RollbackNote note, IReadOnlyList<TableRows> then, IReporter reporter, CancellationToken cancellation)
    {
        var since = $"the {Errors.Words(Record.Kind)} {Record.Id} of {Record.Name} ended";
        try
        {
            var deployment = await DeploymentCatalog.GetAsync(Record.Name, Record.DockerHost, cancellation).ConfigureAwait(false);
            var request = new DatabaseRequest { Deployment = deployment, BaseFolder = note.BackupFolder };
            using var access = await DatabaseAccess.OpenAsync(request, reporter, cancellation).ConfigureAwait(false);
            return await WrittenRows.SinceAsync(access.Database, then, note.Mark, cancellation).ConfigureAwait(false) is not { } written ? ("", null)
                : ($"Since {since}, its database was written to: {written}.", Errors.RowsWrittenSinceEnd(Record, $"{written}"));
        }
        catch (ShoreGuardException error)
        {
            return ($"Whether its database was written to since {since} cannot be told: {error.Message}", error);
        }
    }

    // The database before: what a restore has kept, or the backup that was made before a downgrade.
    private Task<DatabaseRestore> RestoreBeforeAsync(Deployment deployment, RollbackJournal.Entry entry, IReporter reporter, CancellationToken cancellation)
    {
        var request = new DatabaseRequest { Deployment = deployment, BaseFolder = entry.Note.BackupFolder };
        if (entry.Record.Kind == OperationKind.SchemaDowngrade && entry.Note.BackupPath is { } backup)
            return DatabaseRestore.PlanAsync(request, _state, backup, jobs: null, entry.Note.BackupFolder, force: false, reporter, cancellation);
        return entry.Note.Kept is { } kept ? DatabaseUndo.PlanAsync(request, _state, kept, entry.Note.BackupFolder, reporter, cancellation)
            : throw Errors.NothingToRevert(entry.Record, "nothing was kept of the database before");
    }
}
