using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Restoring;

namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>The steps of a downgrade, each with its undo, and written down before it is made.</summary>
internal sealed class DowngradeRun(
    SchemaDowngradeRequest request, IContainerEngine engine, DatabaseAccess access, DowngradePath path, DowngradeNote note, StepRecorder steps,
    IDowngradeMemory memory, IReporter reporter) : IAsyncDisposable
{
    private readonly DowngradeWorker _worker = new(engine, note.Worker);
    private DowngradeNote _note = note;
    private IReadOnlyList<TableRows> _before = [];
    private IAsyncDisposable? _only;

    public required ContainerView Container { get; init; }
    public required ImageView OwnImage { get; init; }
    public required ImageView Scripts { get; init; }

    /// <summary>What Alembic writes.</summary>
    public required List<string> Output { get; init; }

    /// <summary>The backup, once it is proven.</summary>
    public string? BackupPath => _note.BackupPath;

    /// <summary>The rows of every table once it has come to its end; null before.</summary>
    public IReadOnlyList<TableRows>? RowsAfter { get; private set; }

    /// <summary>The mark of the database then; null when it could not be taken.</summary>
    public string? MarkAfter { get; private set; }

    /// <summary>The whole copy of what the downgrade has left that could not be removed after it was put back; null when nothing is left.</summary>
    public KeptDatabase? Left { get; private set; }

    private string Name => request.Deployment.Name;

    private ManagedApplication Application => access.Application!;

    /// <summary>Somebody may have gone on with the database since it was read and the operator was asked.</summary>
    public Task CheckAgainAsync(CancellationToken cancellation) => steps.RunAsync("Check that the database is where it was", async () =>
    {
        // Before it is looked at: whoever restores it by its URL alone, or for another deployment, knows nothing of a deployment's lock.
        _only = await DatabaseRestore.LockAsync(request.State, access.Database, "schema downgrade", cancellation).ConfigureAwait(false);
        var revisions = await access.Database.ReadRevisionsAsync(cancellation).ConfigureAwait(false);
        if (!revisions.SequenceEqual(path.From))
            throw Errors.SchemaMoved(Name, path.From, revisions);
        await memory.WriteAsync(_note).ConfigureAwait(false);
        return $"at {string.Join(", ", revisions)}";
    });

    public async Task BackUpAsync(CancellationToken cancellation)
    {
        string? path = null;
        await steps.RunAsync("Back up the database", async () =>
        {
            using var backup = await DatabaseBackup.PlanAsync(request.Database, request.State, cancellation).ConfigureAwait(false);
            var made = await backup.RunAsync(request.BackupFolder, BackupRetention.Everything, reporter, cancellation).ConfigureAwait(false);
            (path, _before) = (made.BackupPath, made.Rows);
            return made.BackupPath;
        }).ConfigureAwait(false);
        // A restore that is planned proves the backup, the room for it, and that nobody else has the database open: another replica, a console.
        await steps.RunAsync("Check that the backup can be put back", async () =>
        {
            var options = new RestoreOptions(null, request.BackupFolder, ApplicationIsManaged: false);
            var restore = await access.Database.PlanRestoreAsync(path!, options, reporter, cancellation).ConfigureAwait(false);
            await restore.CleanUpAsync().ConfigureAwait(false);
            // Of a SQLite database the backup itself can tell.
            var mark = access.Database.Kind == DatabaseKind.Sqlite ? null : await access.Database.TryReadMarkAsync(_before, cancellation).ConfigureAwait(false);
            _note = _note with { BackupPath = path, Mark = mark };
            await memory.WriteAsync(_note).ConfigureAwait(false);
            return restore.Contents?.Describe();
        }).ConfigureAwait(false);
    }

    public Task DowngradeAsync(CancellationToken cancellation) => steps.RunAsync($"Downgrade {string.Join(", ", path.From)} → {path.To}", async () =>
    {
        if (await _worker.RunAsync(Container, OwnImage, Scripts.Id, path.To, Say, cancellation).ConfigureAwait(false) is { } why)
            throw Errors.DowngradeFailed(Name, path.To, why);
        return string.Join(", ", path.Migrations.Select(migration => migration.Revision));
    }, PutBackAsync);

    public Task VerifyAsync(CancellationToken cancellation) => steps.RunAsync("Check the schema and the rows that stay", async () =>
    {
        var after = await access.Database.ReadSchemaAsync([], cancellation).ConfigureAwait(false);
        (RowsAfter, MarkAfter) = (after.Rows, await access.Database.TryReadMarkAsync(after.Rows, cancellation).ConfigureAwait(false));
        return path.Difference(_before, after) is { } difference
            ? throw Errors.DowngradeFailed(Name, path.To, difference)
            : $"at {string.Join(", ", after.Revisions)}, {after.Rows.Sum(table => table.Rows)} rows";
    });

    /// <summary>Nothing is left to mend, whether it went well or was put back.</summary>
    public async Task ConcludeAsync()
    {
        try
        {
            await OutagePatience.RunAsync(_worker.RemoveAsync).ConfigureAwait(false);
            await memory.WriteAsync(_note with { IsConcluded = true }).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ShoreGuardException or IOException or UnauthorizedAccessException)
        {
            // What was done is done.
            reporter.Warning(
                $"What the downgrade of {Name} has used could not be cleared away ({Errors.Reason(error)}). If it is still there, remove it: docker rm "
                + $"--force {_worker.ContainerName}");
        }
    }

    /// <summary>Lets others at the database.</summary>
    public ValueTask DisposeAsync() => _only?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task PutBackAsync()
    {
        if (!_worker.WasStarted)
            return;
        await _worker.StopAsync().ConfigureAwait(false);
        await access.Database.EndSessionsAsync(_worker.ContainerName, CancellationToken.None).ConfigureAwait(false);
        var result = await InterruptedDowngrade.PutBackAsync(request, BackupPath!, reporter, NoteKeptAsync, isLocked: true).ConfigureAwait(false);
        await NoteKeptAsync(result.Kept).ConfigureAwait(false);
        Left = await InterruptedDowngrade.RemoveAsync(access.Database, _note.Kept, reporter).ConfigureAwait(false);
    }

    // Before it is there: a process that is killed in between leaves it to the next call. That it cannot be written down is no reason not to put the
    // database back.
    private async Task NoteKeptAsync(string? kept)
    {
        if (kept is null || _note.Kept.Contains(kept))
            return;
        _note = _note with { Kept = [.. _note.Kept, kept] };
        try
        {
            await memory.WriteAsync(_note).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"Where a copy of the database of {Name} is made could not be written down ({Errors.Reason(error)}): {kept}");
        }
    }

    private void Say(string line)
    {
        var text = SecretScrubber.Scrub(line);
        Output.Add(text);
        reporter.Verbose(text);
    }
}
