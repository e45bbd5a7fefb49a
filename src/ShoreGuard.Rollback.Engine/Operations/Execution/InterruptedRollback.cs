using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.Operations.Switching;
using ShoreGuard.Rollback.Engine.Schema;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>The one recovery: an operation whose process ended before it. Its record says how far it got, and the engine, the files and the database
/// what is there.</summary>
/// <remarks>Every part may be killed and called again: each looks at what there is, and does what is left to do.</remarks>
/// <param name="engine">The engine.</param>
/// <param name="state">The store of whoever mends it.</param>
/// <param name="entry">What is recorded of it.</param>
/// <param name="insist">Asked, with what has been written meanwhile, whether an older state may replace it.</param>
/// <param name="reporter">Where is said how it goes.</param>
internal sealed class InterruptedRollback(
    IContainerEngine engine, StateStore state, RollbackJournal.Entry entry, Func<string, Task<bool>> insist, IReporter reporter)
{
    private RollbackRecord Record => entry.Record;

    private RollbackNote Note => entry.Note;

    private RollbackOptions Options => entry.Options;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StartLook = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(5);

    private DowngradeNote? Downgrade => Note.Downgrade ?? DowngradeFile.Find(state, Record.DockerHost, Record.Name);

    private IDowngradeMemory MemoryOf(RollbackLog log) =>
        Note.Downgrade is null ? new DowngradeFile(state, Record.DockerHost, Record.Name) : new LoggedDowngrade(log);

    /// <summary>What it was to bring about is there: takes away what only the way back needed, and starts what a restore or a downgrade had stopped,
    /// where that is safe.</summary>
    public async Task FinishAsync(RollbackLog log)
    {
        var outage = await FindOutageAsync().ConfigureAwait(false);
        if (Record.Kind is OperationKind.Rollback or OperationKind.ImageRollback && Note.WasRunning)
            await RequireNewServesAsync(log).ConfigureAwait(false);
        await StepAsync(log, "Take away what the way back needed", async () =>
        {
            if (await InterruptedSwitch.FindAsync(engine, Record.Name, CancellationToken.None).ConfigureAwait(false) is { } interrupted)
                await interrupted.RecoverAsync(engine, held: interrupted.OldId == Note.ContainerBefore, beforeStart: () => Task.CompletedTask)
                    .ConfigureAwait(false);
            if (Downgrade is { } downgrade)
                await InterruptedDowngrade.ConcludeAsync(downgrade, new DowngradeWorker(engine, downgrade.Worker), MemoryOf(log)).ConfigureAwait(false);
        }).ConfigureAwait(false);
        var after = await DeploymentCatalog.GetAsync(engine, Record.Name, CancellationToken.None).ConfigureAwait(false);
        var revisions = Record.Kind == OperationKind.ImageRollback ? [] : await ReadRevisionsAsync(after).ConfigureAwait(false);
        if (Record.Kind is OperationKind.Restore or OperationKind.SchemaDowngrade && Note.WasRunning)
            await StartWhereSafeAsync(log, after, revisions).ConfigureAwait(false);
        await LeftBuild.BlockAsync(log, reporter).ConfigureAwait(false);
        await log.WriteAsync(note => note with { ContainerAfter = after.ContainerId }).ConfigureAwait(false);
        await RollbackSilences.EndAsync(log.Note, reporter).ConfigureAwait(false);
        log.Close(RollbackState.Succeeded, null, log.Total(outage), revisions);
        // Its own result, which would have said so, was never given back.
        if (Record.Kind == OperationKind.Restore && log.Note.Kept is { } kept)
            reporter.Warning($"The interrupted restore {Record.Id} of {Record.Name} is finished. It has kept the database that it replaced as {kept}");
    }

    // Since it had held, somebody may have started the old build, which migrates the database forward, and stopped the new one.
    private async Task RequireNewServesAsync(RollbackLog log)
    {
        var container = await engine.InspectContainerAsync(Record.Name, CancellationToken.None).ConfigureAwait(false);
        if (container is null || container.Id == Note.ContainerBefore)
            throw Errors.OperationOvertaken(Record, container is null ? "its new container is gone" : "its old container is in the place of the new one");
        if (container.IsUp)
            return;
        var deployment = await DeploymentCatalog.GetAsync(engine, Record.Name, CancellationToken.None).ConfigureAwait(false);
        var migrations = await MigrationProbe.TryReadAsync(engine, deployment.ImageId, CancellationToken.None).ConfigureAwait(false);
        var revisions = await ReadRevisionsAsync(deployment).ConfigureAwait(false);
        if (migrations is not null && revisions.Any(revision => !migrations.Knows(revision)))
            throw Errors.OperationOvertaken(
                Record, $"its new container is stopped, and the database is at {string.Join(", ", revisions)}, which its image does not know");
        await StepAsync(log, $"Start {Record.Name}", async () =>
        {
            if (await engine.InspectContainerAsync(Note.ContainerBefore, CancellationToken.None).ConfigureAwait(false) is not null)
                await engine.StopContainerAsync(Note.ContainerBefore, CancellationToken.None).ConfigureAwait(false);
            await InterruptedSwitch.StartForGoodAsync(engine, container.Id).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await StepAsync(log, "Look whether it answers", () => LookWhetherItAnswersAsync(container.Id)).ConfigureAwait(false);
    }

    // An image that would migrate the database forward again stays stopped, as after a restore or a downgrade that nobody has interrupted.
    private async Task StartWhereSafeAsync(RollbackLog log, Deployment deployment, IReadOnlyList<string> revisions)
    {
        var migrations = await MigrationProbe.TryReadAsync(engine, deployment.ImageId, CancellationToken.None).ConfigureAwait(false);
        var revision = revisions is [var only] ? only : null;
        if (revision is not null && migrations?.Leaves(revision) == true)
        {
            await StepAsync(log, $"Start {Record.Name}", () => InterruptedSwitch.StartForGoodAsync(engine, deployment.ContainerId)).ConfigureAwait(false);
            await StepAsync(log, "Look whether it answers", () => LookWhetherItAnswersAsync(deployment.ContainerId)).ConfigureAwait(false);
        }
        else if (!deployment.IsRunning)
            reporter.Warning($"{Record.Name} stays stopped. {RestoreAdvice.LeftStopped(deployment, migrations, revision)}");
    }

    // From the moment in which it was to be stopped until something served again, as far as a look can tell; null where it was never down, and where
    // that is known
    // to whoever goes on. A container that runs serves from its start on.
    private async Task<TimeSpan?> FindOutageAsync()
    {
        if (Note.DownSince is not { } since)
            return null;
        var container = await engine.InspectContainerAsync(Record.Name, CancellationToken.None).ConfigureAwait(false)
            ?? await engine.InspectContainerAsync(Note.ContainerBefore, CancellationToken.None).ConfigureAwait(false);
        var until = container is { IsUp: true, StartedAt: { } started } ? started : DateTimeOffset.UtcNow;
        return until > since ? until - since : null;
    }

    /// <summary>Goes on where the new build serves and its database was written to: the state before would take those rows out of service.</summary>
    /// <returns>Whether the new build has held and is pinned. If not, nothing has changed.</returns>
    public async Task<bool> TryGoOnAsync(RollbackLog log, CancellationToken cancellation)
    {
        if (Record.Kind == OperationKind.SchemaDowngrade)
            return await TryCompleteDowngradeAsync(log, cancellation).ConfigureAwait(false);
        if (Record.Kind != OperationKind.Rollback)
            return false;
        var interrupted = await InterruptedSwitch.FindAsync(engine, Record.Name, cancellation).ConfigureAwait(false);
        if (interrupted?.OldId != Note.ContainerBefore || await FindNewAsync(cancellation).ConfigureAwait(false) is not var (container, image))
            return false;
        if (await FindWrittenAsync().ConfigureAwait(false) is not { } written)
            return false;
        reporter.Warning($"The new build of the interrupted rollback {Record.Id} of {Record.Name} runs, and its database was written to: {written}. "
            + "If it passes its gate, it stays.");
        var gate = new GateRules { Patience = Options.GatePatience, Stability = Options.GateStability, IgnoredChecks = Options.IgnoredChecks };
        var endpoint = ContainerEndpoint.Find(container, owner: null, engine.Host).Uri ?? ContainerEndpoint.Inside(container);
        var expected = BakedIdentity.Read(image, Record.Image);
        GateResult? result = null;
        await StepAsync(log, "Gate: live, ready, the right build", async () => result = await new HealthGate(engine, gate, isAskedInside: false, reporter)
            .WatchAsync(container.Id, endpoint, expected, new Elapsed(engine.Clock), cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        if (result is not { Passed: true })
        {
            reporter.Warning($"The new build of {Record.Name} did not pass its gate: {result?.Reason}.");
            return false;
        }
        if (Note.WantsSmokeTest)
            reporter.Warning(Errors.SmokeTestNotRepeated(Record.Name));
        await StepAsync(log, "Pin", PinAsync).ConfigureAwait(false);
        await log.WriteAsync(note => note with { HasHeld = true }).ConfigureAwait(false);
        return true;
    }

    // The container in which Alembic works goes on when the process that made it is killed.
    private async Task<bool> TryCompleteDowngradeAsync(RollbackLog log, CancellationToken cancellation)
    {
        if (Note.Downgrade is not { } downgrade)
            return false;
        var request = new SchemaDowngradeRequest { State = state, Deployment = await OldDeploymentAsync().ConfigureAwait(false), To = downgrade.To,
            BackupFolder = Note.BackupFolder };
        return await new InterruptedDowngrade(request, downgrade, new LoggedDowngrade(log))
            .TryCompleteAsync(engine, reporter, cancellation).ConfigureAwait(false);
    }

    // The container that the rollback has made, and its image; null where another one runs, or none does.
    private async Task<(ContainerView Container, ImageView Image)?> FindNewAsync(CancellationToken cancellation)
    {
        var container = await engine.InspectContainerAsync(Record.Name, cancellation).ConfigureAwait(false);
        var image = await engine.InspectImageAsync(Record.Image, cancellation).ConfigureAwait(false);
        return container is not null && image is not null && container.IsRunning
            && container.ImageId == image.Id ? (container, image) : null;
    }

    private async Task PinAsync()
    {
        var old = await OldDeploymentAsync().ConfigureAwait(false);
        if (ComposePin.Find(old, ImageReference.Parse(Record.Image), Options.Pin, isNamed: Options.Image is not null, out _) is not { } pin)
            return;
        using var prepared = PreparedPin.Prepare(pin);
        prepared.Commit();
    }

    /// <summary>Puts the state before back: container, database, pin.</summary>
    /// <exception cref="ShoreGuardException"><c>NothingToRevert</c>, <c>KeptMissing</c>, <c>UndoFailed</c>; and those of a restore. The rollback
    /// stays unfinished then.</exception>
    public async Task RevertAsync(RollbackLog log, string reason)
    {
        var outage = await FindOutageAsync().ConfigureAwait(false);
        var interrupted = await InterruptedSwitch.FindAsync(engine, Record.Name, CancellationToken.None).ConfigureAwait(false);
        if (interrupted?.OldId != Note.ContainerBefore)
            interrupted = null;
        var inPlace = await engine.InspectContainerAsync(Record.Name, CancellationToken.None).ConfigureAwait(false);
        if (interrupted is null && inPlace?.Id != Note.ContainerBefore)
            throw Errors.NothingToRevert(Record, "its old container is gone");
        await RequireNothingWrittenAsync().ConfigureAwait(false);
        if (interrupted is not null)
            await StepAsync(log, "Put the old container back", () => interrupted.RecoverAsync(engine, held: false, () => PutDatabaseBackAsync(log)))
                .ConfigureAwait(false);
        else
            await PutInPlaceAsync(log).ConfigureAwait(false);
        await StepAsync(log, "Put the pin back", () => Task.Run(UnpinAsync)).ConfigureAwait(false);
        if (Note.WasRunning)
            await StepAsync(log, "Look whether it answers", () => LookWhetherItAnswersAsync(Note.ContainerBefore)).ConfigureAwait(false);
        var total = log.Total(outage is null ? null : await FindOutageAsync().ConfigureAwait(false) ?? outage);
        await log.WriteAsync(note => note with { DownSince = null, OutageBefore = total ?? TimeSpan.Zero }).ConfigureAwait(false);
        log.Close(RollbackState.Reverted, reason, total, Record.RevisionsBefore);
        if (Record.Kind == OperationKind.SchemaDowngrade)
            reporter.Warning(
                $"An interrupted downgrade of {Record.Name} to {Note.Downgrade?.To} was undone: its database is at {string.Join(", ", Record.RevisionsBefore)} "
                + "again.");
    }

    // A start takes its time, and may fail: that it was started is not said as if it served.
    private async Task LookWhetherItAnswersAsync(string id)
    {
        for (var elapsed = new Elapsed(engine.Clock); elapsed.Value < StartPatience; await Task.Delay(StartLook, engine.Clock).ConfigureAwait(false))
        {
            var container = await engine.InspectContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
            if (container is null || !container.IsUp)
            {
                Warn("does not run");
                return;
            }
            if (DeploymentCatalog.Describe(container, image: null, engine.Host).Uri is not { } uri)
                return; // There is nothing to ask.
            using var route = EndpointRoute.To(uri, container, engine);
            if (await HealthProbe.AnswersAsync(new() { Uri = uri, Route = route, Timeout = AnswerPatience }, CancellationToken.None).ConfigureAwait(false))
                return;
        }
        Warn($"has not answered for {Readable.Duration(StartPatience)}");

        void Warn(string what) => reporter.Warning($"{Record.Name} was started again, and {what}. Test-ShoreGuardHealth says why.");
    }

    // Somebody may have started an application on it, or registered something with the new build while it was watched.
    private async Task RequireNothingWrittenAsync()
    {
        if (await FindWrittenAsync().ConfigureAwait(false) is not { } written)
            return;
        if (!await insist($"Since the {Errors.Words(Record.Kind)} {Record.Id} of {Record.Name} was interrupted, its database was written to: {written}. "
            + "The database from before takes its place; what was written is kept, and out of service.").ConfigureAwait(false))
        {
            throw Errors.RowsWritten(Record, written.ToString());
        }
    }

    // Null where nothing was, or where it is not replaced.
    private async Task<WrittenRows?> FindWrittenAsync()
    {
        if (Record.Strategy == RollbackStrategy.ImageOnly)
            return null;
        var request = new DatabaseRequest { Deployment = await OldDeploymentAsync().ConfigureAwait(false), BaseFolder = Note.BackupFolder };
        using var access = await DatabaseAccess.OpenAsync(request, reporter, CancellationToken.None).ConfigureAwait(false);
        try
        {
            return Record.Strategy == RollbackStrategy.Downgrade
                ? await WrittenSinceDowngradeAsync(access.Database).ConfigureAwait(false)
                : await WrittenSinceRestoreAsync(access.Database).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (InterruptedDowngrade.IsNoDatabase(error))
        {
            return null; // Between two renames, for one.
        }
    }

    private async Task<WrittenRows?> WrittenSinceDowngradeAsync(IDatabase database)
    {
        if (Downgrade is not { IsConcluded: false, BackupPath: { } backup } note)
            return null;
        if (!await new DowngradeWorker(engine, note.Worker).HasRunAsync(CancellationToken.None).ConfigureAwait(false))
            return null;
        return Note.Rows is { } then ? await WrittenRows.SinceAsync(database, then, note.Kept.Count == 0 ? Note.Mark : null, CancellationToken.None)
            .ConfigureAwait(false)
            : await InterruptedDowngrade.FindWrittenAsync(engine, database, note, backup, [Record.Name, Note.ContainerBefore], CancellationToken.None)
                .ConfigureAwait(false);
    }

    private async Task<WrittenRows?> WrittenSinceRestoreAsync(IDatabase database)
    {
        if (Note.Rows is not { } then || await FindReplacedAsync(database).ConfigureAwait(false) is not { } kept)
            return null;
        var isInPlace = database.Kind == DatabaseKind.Postgres && Path.IsPathRooted(kept);
        if (!isInPlace && await database.FindKeptAsync(kept, CancellationToken.None).ConfigureAwait(false) is null)
            return null;
        return await WrittenRows.SinceAsync(database, then, Note.Mark, CancellationToken.None).ConfigureAwait(false);
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
        RollbackStrategy.Downgrade => StepAsync(log, "Put the database back that was downgraded", () => UndoDowngradeAsync(log)),
        RollbackStrategy.Restore => StepAsync(log, "Put the database back that was replaced", () => UndoRestoreAsync(log)),
        _ => Task.CompletedTask,
    };

    private async Task UndoDowngradeAsync(RollbackLog log)
    {
        if (Downgrade is not { } note)
            return;
        var request = new SchemaDowngradeRequest { State = state, Deployment = await OldDeploymentAsync().ConfigureAwait(false), To = note.To,
            BackupFolder = Note.BackupFolder };
        if (await new InterruptedDowngrade(request, note, MemoryOf(log)).UndoAsync(engine, reporter).ConfigureAwait(false) is { } left)
            await log.WriteAsync(known => known with { Left = [.. known.Left, left] }).ConfigureAwait(false);
    }

    private async Task UndoRestoreAsync(RollbackLog log)
    {
        var old = await OldDeploymentAsync().ConfigureAwait(false);
        using var access = await DatabaseAccess.OpenAsync(new() { Deployment = old, BaseFolder = Note.BackupFolder }, reporter, CancellationToken.None)
            .ConfigureAwait(false);
        var database = access.Database;
        await database.ClearLeftOversAsync(reporter, CancellationToken.None).ConfigureAwait(false);
        if (await FindReplacedAsync(database).ConfigureAwait(false) is not { } kept)
            return;
        if (await PlanUndoAsync(database, kept).ConfigureAwait(false) is not { } undo)
            return;
        await ExchangeAsync(undo).ConfigureAwait(false);
        if (undo.Kept is { } left)
            await log.WriteAsync(known => known with { Left = [.. known.Left, left] }).ConfigureAwait(false);
    }

    // Null when it had not come to the swap.
    private async Task<IRestore?> PlanUndoAsync(IDatabase database, string kept)
    {
        try
        {
            return await database.PlanUndoAsync(kept, new(null, Note.BackupFolder, ApplicationIsManaged: false), reporter, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.KeptMissing))
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
            RollbackLog.Amend(state, new RollbackJournal(state).Get(reverted), note => note with { Kept = kept });
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
            if ((found.Problem is null || found.IsUnread)
                && found.CreatedAt >= Record.StartedAt.AddSeconds(-1) && Record.RevisionsBefore.Contains(found.Revision ?? "") && found.Kind == database.Kind)
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
            using var access = await DatabaseAccess.OpenAsync(
                new() { Deployment = deployment, BaseFolder = Note.BackupFolder }, reporter, CancellationToken.None).ConfigureAwait(false);
            return await access.Database.ReadRevisionsAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"The database's revision could not be read: {error.Message}");
            return [];
        }
    }

    private Task StepAsync(RollbackLog log, string name, Func<Task> work) =>
        new StepRecorder($"Ending the interrupted {Errors.Words(Record.Kind)} of {Record.Name}", reporter, log).RunAsync(name, async () =>
        {
            await OutagePatience.RunAsync(work).ConfigureAwait(false);
            return null;
        });
}
