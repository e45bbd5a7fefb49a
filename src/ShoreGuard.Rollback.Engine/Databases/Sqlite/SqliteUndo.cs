using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Puts back the database that a restore kept: the two files change places, without a copy. The one that was there is kept in its turn.</summary>
internal sealed class SqliteUndo : IRestore
{
    private readonly SqliteDatabase _database;
    private readonly string _source;
    private readonly CheckRecorder _checks;
    private readonly string _kept;
    private readonly FileState _proven;
    private SqliteLock? _lock;

    private SqliteUndo(SqliteDatabase database, string source, DatabaseContents? contents, DatabaseContents? before, CheckRecorder checks)
    {
        _database = database;
        _source = source;
        _checks = checks;
        Contents = contents;
        Before = before;
        _kept = RestoreFiles.Free(database.FilePath, DateTimeOffset.UtcNow).Kept;
        _proven = FileState.Of(source);
    }

    public string How => "the present database is kept under another name, so that this can be undone as well";
    public DatabaseContents? Before { get; }
    public DatabaseContents? Contents { get; }
    public string? Kept { get; private set; }
    public string? KeptName => _kept;
    public long Size => _proven.Size;
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    private string Target => _database.FilePath;

    /// <inheritdoc cref="IDatabase.PlanUndoAsync"/>
    public static SqliteUndo Plan(SqliteDatabase database, string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var target = database.FilePath;
        if (!File.Exists(kept))
            throw Errors.KeptMissing(kept, RestoreFiles.KeptBeside(target));
        // Only inside one folder is it one rename, and durable.
        if (Path.GetDirectoryName(Path.GetFullPath(kept)) != Path.GetDirectoryName(target))
            throw Errors.KeptElsewhere(kept, target);
        SqliteRestoreChecks.Target(target, needed: 0);
        _ = InterruptedRestore.Find(target);
        var before = SqliteRestoreChecks.Before(target, options, cancellation);
        RequireFree(kept);
        if (!options.ApplicationIsManaged)
            RequireFree(target);
        var checks = new CheckRecorder(reporter);
        var contents = Prove(kept, checks, options, reporter, cancellation);
        return new(database, kept, contents, before, checks);
    }

    // The copy is made of renames alone, so there is nothing slow to do while the application serves.
    public Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation) => Task.CompletedTask;

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        if (File.Exists(Target))
            await steps.RunAsync("Lock the present database and fold its WAL in", () => Task.FromResult(Lock()), Unlock).ConfigureAwait(false);
        else
            steps.Skip("Lock the present database and fold its WAL in", "there is none");
        cancellation.ThrowIfCancellationRequested();
        var swap = new SqliteSwap(Target, _source, _kept);
        await steps.RunAsync("Exchange the present and the kept database", () =>
        {
            Exchange(swap);
            return Task.FromResult<string?>(Kept is null ? Target : $"present one: {Kept}");
        }, () =>
        {
            swap.Undo();
            Kept = null;
            return Task.CompletedTask;
        }).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", () => Task.FromResult(SqliteRestoreChecks.InPlace(Target, Contents?.Revision, Kept)))
            .ConfigureAwait(false);
    }

    public Task CleanUpAsync()
    {
        _lock?.Dispose();
        return Task.CompletedTask;
    }

    // Rows that refer to nothing were there before the restore; to undo it is to have them again.
    private static DatabaseContents? Prove(string kept, CheckRecorder checks, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var verdicts = new SqliteVerdicts(
            () => Errors.KeptDamaged(kept, "it is empty"),
            why => Errors.KeptDamaged(kept, why),
            (why, inner) => Errors.KeptDamaged(kept, why, inner));
        try
        {
            // What waits beside it could not be folded in when it was kept, so it was damaged then.
            if (SqliteFile.Companions(kept).FirstOrDefault(SqliteFile.IsPending) is { } companion)
                throw verdicts.Damaged($"{Path.GetFileName(companion)} beside it holds rows that belong to it", null);
            var contents = SqliteProof.Prove(kept, "kept database", verdicts, checks, danglingAllowed: true, cancellation);
            if (checks.Checks.FirstOrDefault(check => !check.Passed) is { } dangling)
                reporter.Warning($"The kept database has rows that refer to nothing ({dangling.Detail}), as it had before the restore.");
            return contents;
        }
        catch (ShoreGuardException error) when (options.Force)
        {
            reporter.Warning($"{Errors.Finding(error)}. It is put back nevertheless.");
            return null;
        }
        catch (SqliteException error)
        {
            throw Errors.KeptDamaged(kept, error.Message, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ReadFailure.OfDatabase(kept, error);
        }
    }

    private void Exchange(SqliteSwap swap)
    {
        RequireFree(_source);
        if (FileState.Of(_source) != _proven)
            throw Errors.KeptChanged(_source);
        try
        {
            swap.Do(() => _lock?.Release());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotWritable(Target, error);
        }
        Kept = swap.Kept;
    }

    private string? Lock()
    {
        _lock = SqliteLock.Acquire(Target);
        return _lock.Detail;
    }

    private Task Unlock()
    {
        _lock?.Undo();
        return Task.CompletedTask;
    }

    private static void RequireFree(string path)
    {
        if (FileHolders.Find(path) is { Count: > 0 } holders)
            throw Errors.DatabaseBusy(path, holders);
    }

    /// <summary>Tells whether a file was written to meanwhile.</summary>
    private sealed record FileState(long Size, DateTime Written)
    {
        public static FileState Of(string path) => new FileInfo(path) is { Exists: true } file ? new(file.Length, file.LastWriteTimeUtc) : new(0, default);
    }
}
