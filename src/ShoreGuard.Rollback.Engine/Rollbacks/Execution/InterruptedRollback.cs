using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Rollbacks.Switching;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Execution;

/// <summary>A rollback whose process ended before it. The journal says how far it got, and the engine, the files and the database what is there.</summary>
/// <remarks>Every part may be killed and called again: each looks at what there is, and does what is left to do.</remarks>
internal sealed class InterruptedRollback(DockerEngine engine, RollbackJournal.Entry entry, IReporter reporter)
{
    private RollbackRecord Record => entry.Record;

    private RollbackNote Note => entry.Note;

    /// <summary>The new build had held and was pinned: takes away what only the way back needed.</summary>
    public async Task FinishAsync(RollbackLog log)
    {
        await StepAsync(log, "Take away what the way back needed", async () =>
        {
            if (await InterruptedSwitch.FindAsync(engine, Record.Name, CancellationToken.None).ConfigureAwait(false) is { } interrupted)
                await interrupted.RecoverAsync(engine, held: interrupted.OldId == Note.ContainerBefore, beforeStart: () => Task.CompletedTask).ConfigureAwait(false);
            if (DowngradeNote.Find(Record.DockerHost, Record.Name) is { } downgrade)
                await downgrade.ConcludeAsync(new DowngradeWorker(engine, downgrade.Worker)).ConfigureAwait(false);
        }).ConfigureAwait(false);
        var after = await DeploymentCatalog.GetAsync(engine, Record.Name, CancellationToken.None).ConfigureAwait(false);
        log.Write(note => note with { ContainerAfter = after.ContainerId });
        var revisions = await ReadRevisionsAsync(after).ConfigureAwait(false);
        log.Close(RollbackState.Succeeded, null, null, revisions);
    }

    /// <summary>Puts the state before back: container, database, pin.</summary>
    /// <exception cref="ShoreGuardException"><c>NothingToRevert</c>, <c>KeptMissing</c>, <c>UndoFailed</c>; and those of a restore. The rollback stays unfinished then.</exception>
    public async Task RevertAsync(RollbackLog log, string reason)
    {
        var interrupted = await InterruptedSwitch.FindAsync(engine, Record.Name, CancellationToken.None).ConfigureAwait(false);
        if (interrupted is not null && interrupted.OldId == Note.ContainerBefore)
            await StepAsync(log, "Put the old container back", () => interrupted.RecoverAsync(engine, held: false, () => PutDatabaseBackAsync(log))).ConfigureAwait(false);
        else if ((await engine.InspectContainerAsync(Record.Name, CancellationToken.None).ConfigureAwait(false)).Text("Id") == Note.ContainerBefore)
            await PutInPlaceAsync(log).ConfigureAwait(false);
        else
            throw Errors.NothingToRevert(Record, "its old container is gone");
        await StepAsync(log, "Put the pin back", () => Task.Run(UnpinAsync)).ConfigureAwait(false);
        log.Close(RollbackState.Reverted, reason, null, Record.RevisionsBefore);
    }

    // The containers are as they were; the old one may be stopped, and its database changed.
    private async Task PutInPlaceAsync(RollbackLog log)
    {
        await PutDatabaseBackAsync(log).ConfigureAwait(false);
        if (Note.WasRunning)
            await StepAsync(log, $"Start {Record.Name}", () => InterruptedSwitch.StartForGoodAsync(engine, Note.ContainerBefore)).ConfigureAwait(false);
    }

    private Task PutDatabaseBackAsync(RollbackLog log) => Record.Strategy switch
    {
        RollbackStrategy.Downgrade => StepAsync(log, "Put the database back that was downgraded", UndoDowngradeAsync),
        RollbackStrategy.Restore => StepAsync(log, "Put the database back that was replaced", UndoRestoreAsync),
        _ => Task.CompletedTask,
    };

    private async Task UndoDowngradeAsync()
    {
        if (DowngradeNote.Find(Record.DockerHost, Record.Name) is not { } note)
            return;
        var request = new SchemaDowngradeRequest { Deployment = await OldDeploymentAsync().ConfigureAwait(false), To = note.To, BackupFolder = Note.BackupFolder };
        await new InterruptedDowngrade(request, note).UndoAsync(engine, reporter).ConfigureAwait(false);
    }

    private async Task UndoRestoreAsync()
    {
        var old = await OldDeploymentAsync().ConfigureAwait(false);
        using var access = await DatabaseAccess.OpenAsync(new() { Deployment = old, BaseFolder = Note.BackupFolder }, reporter, CancellationToken.None).ConfigureAwait(false);
        var database = access.Database;
        await database.ClearLeftOversAsync(reporter, CancellationToken.None).ConfigureAwait(false);
        if (await FindReplacedAsync(database).ConfigureAwait(false) is not { } kept)
            return;
        if (await PlanUndoAsync(database, kept).ConfigureAwait(false) is not { } undo)
            return;
        await ExchangeAsync(undo).ConfigureAwait(false);
    }

    // Null when it had not come to the swap.
    private async Task<IRestore?> PlanUndoAsync(IDatabase database, string kept)
    {
        try
        {
            return await database.PlanUndoAsync(kept, new(null, Note.BackupFolder, ApplicationIsManaged: false), reporter, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id == "KeptMissing")
        {
            if (await IsAsBeforeAsync(database).ConfigureAwait(false))
                return null;
            throw;
        }
    }

    private async Task ExchangeAsync(IRestore undo)
    {
        var steps = new StepRecorder($"Putting back {Record.Name}", reporter);
        try
        {
            await undo.PrepareAsync(steps, reporter, CancellationToken.None).ConfigureAwait(false);
            await undo.SwapAsync(steps, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            await steps.UndoAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            await undo.CleanUpAsync().ConfigureAwait(false);
        }
        // Since the process was killed, the new build may have served on it for hours.
        reporter.Warning($"The database that the rollback had installed is kept, with what was written to it since: {undo.Kept}");
        // Where that was what an earlier rollback had kept, it has another name now, by which that one can be undone again.
        if (Record.Reverts is { } reverted && undo.Kept is { } kept)
            RollbackLog.Amend(RollbackJournal.Get(reverted), note => note with { Kept = kept });
    }

    // What was kept; null when nothing was replaced. In place, a backup is what was kept, and tells nothing by being there.
    private async Task<string?> FindReplacedAsync(IDatabase database)
    {
        if (Note.Kept is { } kept && !(database.Kind == DatabaseKind.Postgres && Path.IsPathRooted(kept)))
            return kept;
        if (await IsAsBeforeAsync(database).ConfigureAwait(false))
            return null;
        if (Note.Kept is { } backup)
            return backup;
        await foreach (var found in BackupCatalog.FindAsync([Note.BackupFolder], CancellationToken.None).ConfigureAwait(false))
        {
            if ((found.Problem is null || found.IsUnread) && found.CreatedAt >= Record.StartedAt.AddSeconds(-1) && Record.RevisionsBefore.Contains(found.Revision ?? "") && found.Kind == database.Kind)
                return found.BackupPath;
        }
        throw Errors.KeptUnknown(Record, Note.BackupFolder);
    }

    private async Task<bool> IsAsBeforeAsync(IDatabase database) =>
        (await database.ReadRevisionsAsync(CancellationToken.None).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal).SetEquals(Record.RevisionsBefore);

    // By its id: its name may be another one at the moment.
    private async Task<Deployment> OldDeploymentAsync() =>
        (await DeploymentCatalog.GetAsync(engine, Note.ContainerBefore, CancellationToken.None).ConfigureAwait(false)) with { Name = Record.Name };

    private async Task UnpinAsync()
    {
        if (Note.Pin is { } pin)
            ComposePin.TakeBack(await OldDeploymentAsync().ConfigureAwait(false), pin, Note.PinFileExisted);
        PreparedPin.RemoveLeftOvers(await OldDeploymentAsync().ConfigureAwait(false));
    }

    private async Task<IReadOnlyList<string>> ReadRevisionsAsync(Deployment deployment)
    {
        try
        {
            using var access = await DatabaseAccess.OpenAsync(new() { Deployment = deployment, BaseFolder = Note.BackupFolder }, reporter, CancellationToken.None).ConfigureAwait(false);
            return await access.Database.ReadRevisionsAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"The database's revision could not be read: {error.Message}");
            return [];
        }
    }

    private Task StepAsync(RollbackLog log, string name, Func<Task> work) =>
        new StepRecorder($"Ending the interrupted rollback of {Record.Name}", reporter, log).RunAsync(name, async () =>
        {
            await OutagePatience.RunAsync(work).ConfigureAwait(false);
            return null;
        });
}
