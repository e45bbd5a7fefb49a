using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Restoring;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>A downgrade whose process was killed: finished where it has come to its end, else put back.</summary>
public sealed class InterruptedDowngrade
{
    private readonly SchemaDowngradeRequest _request;
    private readonly DowngradeNote _note;
    private readonly IDowngradeMemory _memory;

    internal InterruptedDowngrade(SchemaDowngradeRequest request, DowngradeNote note, IDowngradeMemory memory) =>
        (_request, _note, _memory) = (request, note, memory);

    /// <summary>What will be done, as a sentence without its full stop.</summary>
    public string Description => _note.IsConcluded
        ? $"Remove the container {_note.Worker} of an earlier downgrade of {_note.Name}, which has ended"
        : _note.BackupPath is { } backup
        ? $"Finish or put back the downgrade of {_note.Name} from {string.Join(", ", _note.From)} to {_note.To} that was interrupted after "
            + $"{Readable.Time(_note.StartedAt)}: if it has not come to its end, {backup} is restored"
        : $"Clean up the downgrade of {_note.Name} from {string.Join(", ", _note.From)} to {_note.To} that was interrupted after "
            + $"{Readable.Time(_note.StartedAt)}, before it touched the database{(_note.WasRunning ? $", and start {_note.Name}" : "")}";

    /// <summary>Looks whether an earlier version of the module has left one, which is in no journal. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>DowngradeNoteUnreadable</c>.</exception>
    public static InterruptedDowngrade? Find(SchemaDowngradeRequest request)
    {
        var (host, name) = (request.Deployment.DockerHost, request.Deployment.Name);
        return DowngradeFile.Find(request.State, host, name) is { } note ? new(request, note, new DowngradeFile(request.State, host, name)) : null;
    }

    /// <summary>Mends it. May be killed and called again, too.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c> when it goes on in another process; <c>RowsWritten</c>; <c>BackupNotFound</c>; and
    /// those of a restore.</exception>
    /// <param name="insist">Asked, with what has been written meanwhile, whether an older state may replace it.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task MendAsync(Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(_note.DockerHost, cancellation).ConfigureAwait(false);
        var claim = new LockClaim(_request.State, "recovery of a schema downgrade", NeedsRecord: true, Mends: true);
        await using var held = await DeploymentLock.TakeAsync(engine, _note.Name, claim, cancellation).ConfigureAwait(false);
        // The other process may have come to its end while nobody held the lock.
        if (DowngradeFile.Find(_request.State, _note.DockerHost, _note.Name) is not null)
            await MendAsync(engine, insist, reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary>The same for who holds the lock.</summary>
    /// <returns>Whether the downgrade had come to its end, so that the database is where it was to go; else it is as it was before.</returns>
    internal async Task<bool> MendAsync(IContainerEngine engine, Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        var worker = new DowngradeWorker(engine, _note.Worker);
        using var access = await DatabaseAccess.OpenAsync(_request.Database, reporter, cancellation).ConfigureAwait(false);
        if (_note.IsConcluded)
        {
            await ConcludeAsync(_note, worker, _memory).ConfigureAwait(false);
            return !await IsAsBeforeAsync(access, cancellation).ConfigureAwait(false);
        }
        var hasRun = await worker.HasRunAsync(cancellation).ConfigureAwait(false);
        if (_note.BackupPath is { } backup && hasRun && await FinishAsync(engine, access, worker, backup, reporter, cancellation).ConfigureAwait(false))
            return true;
        if (_note.BackupPath is not null && hasRun
            && await FindWrittenAsync(engine, access.Database, _note, _note.BackupPath, [_note.Name], cancellation).ConfigureAwait(false) is { } written
            && !await insist($"Since the downgrade of {_note.Name} was interrupted, its database was written to: {written}. "
                + "The backup from before takes its place; what was written is kept, and out of service.").ConfigureAwait(false))
        {
            throw Errors.RowsWritten(_note.Name, _note.BackupPath, written.ToString());
        }
        await access.Database.EndSessionsAsync(_note.Worker, cancellation).ConfigureAwait(false);
        if (_note.BackupPath is not null && (hasRun || !await IsAsBeforeAsync(access, cancellation).ConfigureAwait(false)))
            await PutBackAndTellAsync(access, _note.BackupPath, reporter).ConfigureAwait(false);
        if (_note.WasRunning)
            await access.Application!.StartAsync(CancellationToken.None).ConfigureAwait(false);
        await ConcludeAsync(_note, worker, _memory).ConfigureAwait(false);
        reporter.Warning($"An interrupted downgrade of {_note.Name} to {_note.To} was undone: its database is at {string.Join(", ", _note.From)} again.");
        return false;
    }

    /// <summary>Nothing is left to mend: the container goes, and then the note. Killed in between, the next call only clears away.</summary>
    internal static async Task ConcludeAsync(DowngradeNote note, DowngradeWorker worker, IDowngradeMemory memory)
    {
        await memory.WriteAsync(note with { IsConcluded = true }).ConfigureAwait(false);
        await worker.RemoveAsync().ConfigureAwait(false);
        await memory.ForgetAsync().ConfigureAwait(false);
    }

    /// <summary>Waits for a downgrade that still goes on, and looks whether it has come to its end. The lock is the caller's.</summary>
    /// <returns>Whether it has; nothing is left of it then.</returns>
    internal async Task<bool> TryCompleteAsync(IContainerEngine engine, IReporter reporter, CancellationToken cancellation)
    {
        var worker = new DowngradeWorker(engine, _note.Worker);
        if (_note is { IsConcluded: true } or { BackupPath: null } || !await worker.HasRunAsync(cancellation).ConfigureAwait(false))
            return false;
        using var access = await DatabaseAccess.OpenAsync(_request.Database, reporter, cancellation).ConfigureAwait(false);
        return await FinishAsync(engine, access, worker, _note.BackupPath, reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary>Puts the database back, whether the downgrade has come to its end or not. The application is the caller's, and so is the lock.</summary>
    /// <returns>The database that was put aside for it; null when none was.</returns>
    /// <exception cref="ShoreGuardException"><c>BackupNotFound</c>; and those of a restore.</exception>
    internal async Task<string?> UndoAsync(IContainerEngine engine, IReporter reporter)
    {
        string? kept = null;
        var worker = new DowngradeWorker(engine, _note.Worker);
        if (!_note.IsConcluded && _note.BackupPath is { } backup && await worker.HasRunAsync(CancellationToken.None).ConfigureAwait(false))
        {
            await worker.StopAsync().ConfigureAwait(false);
            using var access = await DatabaseAccess.OpenAsync(_request.Database, reporter, CancellationToken.None).ConfigureAwait(false);
            await access.Database.EndSessionsAsync(_note.Worker, CancellationToken.None).ConfigureAwait(false);
            kept = await PutBackAndTellAsync(access, backup, reporter).ConfigureAwait(false);
        }
        await ConcludeAsync(_note, worker, _memory).ConfigureAwait(false);
        return kept;
    }

    // Since the process was killed, the application may have served on it for hours: what there is now stays. What an undo of that process had
    // put aside nobody has written to.
    private async Task<string?> PutBackAndTellAsync(DatabaseAccess access, string backup, IReporter reporter)
    {
        var result = await PutBackAsync(_request, backup, reporter).ConfigureAwait(false);
        if (result.Kept is { } kept && await access.Database.FindKeptAsync(kept, CancellationToken.None).ConfigureAwait(false) is { } found)
            reporter.Warning($"The database that the interrupted downgrade of {_note.Name} had left is kept, with whatever was written to it since: {found}");
        await RemoveAsync(access.Database, [.. _note.Kept.Where(kept => kept != result.Kept)], reporter).ConfigureAwait(false);
        return result.Kept;
    }

    /// <summary>Removes what putting a backup back has kept. What was put back stays so: a failure is told, and undoes nothing.</summary>
    /// <returns>What could not be removed; null when nothing is left.</returns>
    internal static async Task<KeptDatabase?> RemoveAsync(IDatabase database, IReadOnlyList<string> kept, IReporter reporter)
    {
        KeptDatabase? left = null;
        foreach (var each in kept)
        {
            try
            {
                await database.RemoveKeptAsync(each, CancellationToken.None).ConfigureAwait(false);
                reporter.Verbose($"What the downgrade had left of the database is removed: {each}");
            }
            catch (Exception error) when (error is ShoreGuardException or IOException or UnauthorizedAccessException)
            {
                left = await TryFindAsync(database, each).ConfigureAwait(false);
                reporter.Warning($"A whole copy of the database, which the downgrade has left, could not be removed ({Errors.Reason(error)}): {left}");
            }
        }
        return left;
    }

    private static async Task<KeptDatabase> TryFindAsync(IDatabase database, string kept)
    {
        var unknown = new KeptDatabase(kept, 0, "see why it cannot be reached");
        try
        {
            return await database.FindKeptAsync(kept, CancellationToken.None).ConfigureAwait(false) ?? unknown;
        }
        catch (ShoreGuardException)
        {
            return unknown;
        }
    }

    /// <summary>Restores the backup that was made before a downgrade; the database it has left is kept, as by every restore.</summary>
    internal static async Task<RestoreResult> PutBackAsync(
        SchemaDowngradeRequest request, string backup, IReporter reporter, Func<string?, Task>? keeping = null, bool isLocked = false)
    {
        using var restore = await DatabaseRestore.PlanAsync(
            request.Database, request.State, backup, jobs: null, safetyFolder: null, force: false, reporter, CancellationToken.None).ConfigureAwait(false);
        (restore.BeforeSwap, restore.IsLocked) = (keeping, isLocked);
        return await restore.ExecuteAsync(reporter, CancellationToken.None).ConfigureAwait(false);
    }

    // The container goes on when the process that made it is killed. It is left to its end: half of a migration is what must not be.
    private async Task<bool> FinishAsync(
        IContainerEngine engine, DatabaseAccess access, DowngradeWorker worker, string backup, IReporter reporter, CancellationToken cancellation)
    {
        if (await worker.WaitAsync(reporter.Verbose, cancellation).ConfigureAwait(false) is not null)
            return false;
        // Without the image nobody can tell what should be there now.
        if (await engine.InspectImageAsync(_note.ImageId, cancellation).ConfigureAwait(false) is not { } description)
            return false;
        var graph = await MigrationProbe.ReadAsync(engine, _note.ImageId, description, cancellation).ConfigureAwait(false);
        var path = DowngradePath.Find(_note.Name, _note.ImageId, graph, _note.From, _note.To);
        var before = (await BackupCatalog.ReadAsync(backup, cancellation).ConfigureAwait(false)).Rows;
        if (before.Count == 0 || path.Difference(before, await access.Database.ReadSchemaAsync([], cancellation).ConfigureAwait(false)) is not null)
            return false;
        await ConcludeAsync(_note, worker, _memory).ConfigureAwait(false);
        reporter.Warning($"An interrupted downgrade of {_note.Name} to {_note.To} had already completed; no action is needed. "
            + $"The backup before it is {backup}.");
        return true;
    }

    /// <summary>What somebody has written since the application was stopped; null when nothing was found.</summary>
    /// <remarks>
    /// Half-way down, the scripts have changed rows too, and only rows beyond the backup's tell. At the revision from before, every change does where
    /// PostgreSQL has taken back what the scripts did. On SQLite, Alembic's are no transaction, and may have changed rows at that revision: there it
    /// takes somebody who has started the application since, and with it the migrations forward.
    /// </remarks>
    /// <param name="engine">The engine.</param>
    /// <param name="database">The database.</param>
    /// <param name="note">The downgrade.</param>
    /// <param name="backup">The backup that it made.</param>
    /// <param name="containers">The application's containers, by name or id; those that are not there do not count.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException">The database cannot be read, and may serve all the same.</exception>
    internal static async Task<WrittenRows?> FindWrittenAsync(
        IContainerEngine engine, IDatabase database, DowngradeNote note, string backup, IEnumerable<string> containers, CancellationToken cancellation)
    {
        try
        {
            var then = (await BackupCatalog.ReadAsync(backup, cancellation).ConfigureAwait(false)).Rows;
            var now = await database.ReadSchemaAsync([], cancellation).ConfigureAwait(false);
            // Once it was about to be put back, its rows may be those of the backup, written anew.
            return IsAsBefore(note, now.Revisions) && note.Kept.Count == 0
                && (database.Kind == DatabaseKind.Postgres || await WasStartedSinceAsync(engine, note, containers, cancellation).ConfigureAwait(false))
                ? await WrittenRows.SinceAsync(database, then, MarkBefore(database.Kind, note, backup, cancellation), cancellation).ConfigureAwait(false)
                : WrittenRows.BeyondBackup(then, now.Rows);
        }
        catch (ShoreGuardException error) when (IsNoDatabase(error))
        {
            return null;
        }
    }

    private static string? MarkBefore(DatabaseKind kind, DowngradeNote note, string backup, CancellationToken cancellation)
    {
        try
        {
            return kind == DatabaseKind.Sqlite && File.Exists(backup) ? SqliteInspection.ReadMark(backup, cancellation) : note.Mark;
        }
        catch (ShoreGuardException)
        {
            return null; // What is wrong with the backup is found where it is to be put back.
        }
    }

    private static async Task<bool> WasStartedSinceAsync(
        IContainerEngine engine, DowngradeNote note, IEnumerable<string> containers, CancellationToken cancellation)
    {
        var since = await new DowngradeWorker(engine, note.Worker).StartedAtAsync(cancellation).ConfigureAwait(false);
        foreach (var container in containers)
        {
            if ((await engine.InspectContainerAsync(container, cancellation).ConfigureAwait(false))?.StartedAt > since)
                return true;
        }
        return false;
    }

    /// <summary>Whether what is there is no database of the application's, and so serves nobody. One that is locked or out of reach may.</summary>
    internal static bool IsNoDatabase(ShoreGuardException error) =>
        error.Id is nameof(Errors.DatabaseMissing) or nameof(Errors.DatabaseEmpty) or nameof(Errors.DatabaseForeign) or nameof(Errors.DatabaseDamaged);

    private static bool IsAsBefore(DowngradeNote note, IEnumerable<string> revisions) => revisions.ToHashSet(StringComparer.Ordinal).SetEquals(note.From);

    private async Task<bool> IsAsBeforeAsync(DatabaseAccess access, CancellationToken cancellation) =>
        IsAsBefore(_note, await access.Database.ReadRevisionsAsync(cancellation).ConfigureAwait(false));
}
