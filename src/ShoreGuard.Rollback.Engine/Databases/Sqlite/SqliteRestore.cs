using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Restores a SQLite database: a proven copy beside it, then one rename; the old one is kept under another name.</summary>
internal sealed class SqliteRestore : IRestore
{
    private readonly SqliteDatabase _database;
    private readonly string _backupPath;
    private readonly CheckRecorder _checks;
    private readonly string _copy;
    private readonly string _kept;
    private readonly bool _existed;
    private SqliteLock? _lock;

    private SqliteRestore(SqliteDatabase database, string backupPath, DatabaseContents contents, DatabaseContents? before, CheckRecorder checks)
    {
        _database = database;
        _backupPath = backupPath;
        _checks = checks;
        Contents = contents;
        Before = before;
        _existed = File.Exists(database.FilePath);
        _copy = $"{database.FilePath}.restoring-{Guid.NewGuid():n}";
        _kept = SqliteSwap.FreeName(database.FilePath, BackupFile.Stamp(DateTimeOffset.UtcNow));
    }

    public string How => "the present database is kept under another name";
    public DatabaseContents? Before { get; }
    public DatabaseContents Contents { get; }
    public string? Kept { get; private set; }
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    private string Target => _database.FilePath;

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static SqliteRestore Plan(SqliteDatabase database, string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var checks = new CheckRecorder(reporter);
        SqliteRestoreChecks.Source(backupPath, database.FilePath);
        var contents = SqliteProof.Prove(backupPath, "backup", SqliteRestoreChecks.SourceVerdicts(backupPath), checks, danglingAllowed: false, cancellation);
        SqliteRestoreChecks.Target(database.FilePath, new FileInfo(backupPath).Length);
        if (!options.ApplicationIsManaged && FileHolders.Find(database.FilePath) is { Count: > 0 } holders)
            throw Errors.DatabaseBusy(database.FilePath, holders);
        return new(database, backupPath, contents, SqliteInspection.TryDescribe(database.FilePath, cancellation), checks);
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        await steps.RunAsync("Copy the backup beside the database", async () =>
        {
            await CopyAsync(reporter, cancellation).ConfigureAwait(false);
            return _copy;
        }, () => Delete(_copy)).ConfigureAwait(false);
        await steps.RunAsync("Prove the copy", () => Task.FromResult<string?>(ProveCopy(cancellation))).ConfigureAwait(false);
    }

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        if (_existed)
            await steps.RunAsync("Lock the old database and fold its WAL in", () => Task.FromResult(Lock()), Unlock).ConfigureAwait(false);
        else
            steps.Skip("Lock the old database and fold its WAL in", "there is none");
        cancellation.ThrowIfCancellationRequested();
        var swap = new SqliteSwap(Target, _copy, _kept);
        await steps.RunAsync("Keep the old database under another name, and put the copy in its place", () =>
        {
            Translate(() => swap.Do(() => _lock?.Release()));
            Kept = swap.Kept;
            return Task.FromResult<string?>(Kept is null ? Target : $"old one: {Kept}");
        }, () =>
        {
            swap.Undo();
            Kept = null;
            return Task.CompletedTask;
        }).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", () => Task.FromResult<string?>(ProveInPlace())).ConfigureAwait(false);
    }

    public Task CleanUpAsync()
    {
        _lock?.Dispose();
        return Delete(_copy);
    }

    private async Task CopyAsync(IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            await SqliteCopy.RunAsync(_backupPath, _copy, reporter, cancellation).ConfigureAwait(false);
            SqliteCopy.TakeOverRights(_copy, Target);
            Size = new FileInfo(_copy).Length;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotWritable(Target, error);
        }
    }

    private string ProveCopy(CancellationToken cancellation)
    {
        var verdicts = new SqliteVerdicts(
            () => Errors.RestoreCopyDamaged(Target, "the copy is empty"),
            why => Errors.RestoreCopyDamaged(Target, why),
            (why, inner) => Errors.RestoreCopyDamaged(Target, why, inner));
        try
        {
            // A backup that was made by copying a file may say WAL in its header; the database has to stand alone until the application opens it.
            if (SqliteHeader.TryRead(_copy) is { IsWal: true })
                SqliteCopy.LeaveWal(_copy);
            var found = SqliteProof.Prove(_copy, "copy", verdicts, _checks, danglingAllowed: false, cancellation);
            if (found.Revision != Contents.Revision || !found.Rows.SequenceEqual(Contents.Rows))
                throw Errors.RestoreCopyDamaged(Target, $"it holds {found.Describe()}, the backup {Contents.Describe()}");
            return found.Describe();
        }
        catch (SqliteException error)
        {
            throw Errors.RestoreCopyDamaged(Target, error.Message, error);
        }
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

    private string ProveInPlace()
    {
        var left = SqliteFile.Companions(Target).Where(File.Exists).ToList();
        if (left.Count > 0)
            throw Errors.RestoreDisturbed(Target, $"{string.Join(" and ", left.Select(Path.GetFileName))} appeared beside it");
        using var connection = SqliteFile.OpenImmutable(Target);
        var revision = SqliteFile.Query(connection, "SELECT version_num FROM alembic_version", row => row.GetString(0))[0];
        return revision == Contents.Revision ? $"revision {revision}" : throw Errors.RestoreDisturbed(Target, $"it is at revision {revision}");
    }

    private void Translate(Action work)
    {
        try
        {
            work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotWritable(Target, error);
        }
    }

    private static Task Delete(string path)
    {
        foreach (var file in SqliteFile.Companions(path).Prepend(path))
            File.Delete(file);
        return Task.CompletedTask;
    }
}
