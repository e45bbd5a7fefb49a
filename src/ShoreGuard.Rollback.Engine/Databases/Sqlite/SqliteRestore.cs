using System.Diagnostics;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Restores a SQLite database: a proven copy beside it, then one rename; the old one is kept under another name.</summary>
internal sealed class SqliteRestore : IRestore
{
    // EEXIST of Linux and macOS, ERROR_FILE_EXISTS of Windows: whoever made it may have taken it away again by the time we look.
    private const int FileExists = 17;
    private const int FileExistsOnWindows = unchecked((int)0x80070050);

    private readonly SqliteDatabase _database;
    private readonly string _backupPath;
    private readonly CheckRecorder _checks;
    private readonly NativeFile.Version _proven;
    private readonly IReadOnlyList<InterruptedRestore> _interrupted;
    private readonly bool _danglingAllowed;
    private readonly BackupProof? _proof;
    private RestoreFiles _files;
    private HeldFile? _copy;
    private SqliteLock? _oldLock;
    private SqliteLock? _newLock;

    private SqliteRestore(
        SqliteDatabase database, string backupPath, NativeFile.Version proven, DatabaseContents contents, DatabaseContents? before,
        IReadOnlyList<InterruptedRestore> interrupted, CheckRecorder checks,
        RestoreOptions options)
    {
        (_danglingAllowed, _proof) = (options.Force, options.Proof);
        _database = database;
        _backupPath = backupPath;
        _proven = proven;
        _checks = checks;
        _interrupted = interrupted;
        _files = RestoreFiles.Free(Target, DateTimeOffset.UtcNow);
        Contents = contents;
        Before = before;
    }

    public string How => "the present database is kept under another name" +
        (_interrupted.Count == 0
            ? "" : $". First, what a restore that was killed has left is put in order ({string.Join(", ", _interrupted.Select(one => one.Copy))})");

    public DatabaseContents? Before { get; }
    public DatabaseContents Contents { get; }
    public string? Kept { get; private set; }
    public string? KeptName => File.Exists(Target) ? _files.Kept : null;
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    private string Target => _database.FilePath;

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static SqliteRestore Plan(SqliteDatabase database, string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var checks = new CheckRecorder(reporter);
        SqliteRestoreChecks.Source(backupPath, database.FilePath);
        var proven = options.Proven?.Version ?? NativeFile.VersionOf(backupPath);
        var verdicts = SqliteRestoreChecks.SourceVerdicts(backupPath);
        var contents = options.Proven is not null
            ? SqliteProof.Derive(backupPath, "backup", verdicts, checks, cancellation)
            : SqliteProof.Prove(backupPath, "backup", verdicts, checks, danglingAllowed: options.Force, cancellation);
        if (checks.Checks.FirstOrDefault(check => !check.Passed) is { } dangling)
            reporter.Warning($"The backup has rows that refer to nothing ({dangling.Detail}), and so will the database have.");
        SqliteRestoreChecks.Target(database.FilePath, new FileInfo(backupPath).Length);
        var interrupted = InterruptedRestore.Find(database.FilePath);
        var present = interrupted.Select(one => one.OnlyUnderKeptName).FirstOrDefault(name => name is not null) ?? database.FilePath;
        var before = SqliteRestoreChecks.Before(present, options, cancellation);
        if (!options.ApplicationIsManaged && FileHolders.Find(database.FilePath) is { Count: > 0 } holders)
            throw Errors.DatabaseBusy(database.FilePath, holders);
        return new(database, backupPath, proven, contents, before, interrupted, checks, options);
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        if (_interrupted.Count > 0)
            await steps.RunAsync("Clean up what a killed restore has left", () => Task.FromResult<string?>(Translate(Mend))).ConfigureAwait(false);
        long? difference = null;
        await steps.RunAsync("Copy the backup beside the database", async () =>
        {
            difference = await CopyAsync(reporter, cancellation).ConfigureAwait(false);
            return _files.Copy;
        }, RemoveCopy).ConfigureAwait(false);
        await steps.RunAsync("Prove the copy", () => Task.FromResult<string?>(ProveCopy(difference, cancellation))).ConfigureAwait(false);
    }

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        if (File.Exists(Target))
            await steps.RunAsync("Lock the old database and fold its WAL in", () => Task.FromResult(Lock()), Unlock).ConfigureAwait(false);
        else
            steps.Skip("Lock the old database and fold its WAL in", "there is none");
        cancellation.ThrowIfCancellationRequested();
        var swap = new SqliteSwap(Target, _files.Copy, _files.Kept);
        await steps.RunAsync("Keep the old database under another name, and put the copy in its place", () =>
        {
            Kept = Translate(() =>
            {
                swap.Do(BeforeRename);
                RequireOwn(Target);
                return swap.Kept;
            });
            return Task.FromResult<string?>(Kept is null ? Target : $"old one: {Kept}");
        }, () =>
        {
            swap.Undo();
            Kept = null;
            return Task.CompletedTask;
        }).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", () => Task.FromResult(SqliteRestoreChecks.InPlace(Target, Contents.Revision, Kept, _newLock)))
            .ConfigureAwait(false);
    }

    public void LetIn()
    {
        _newLock?.Dispose();
        _newLock = null;
    }

    public Task CleanUpAsync()
    {
        _oldLock?.Dispose();
        return RemoveCopy();
    }

    private string Mend() => string.Join("; ", _interrupted.Select(one => one.Mend()));

    // Nobody gets at the new database before it is proven in its place: what an application wrote to it would be lost with it, were it taken back.
    private void BeforeRename()
    {
        RequireOwn(_files.Copy);
        _newLock = SqliteLock.Hold(_files.Copy);
        _oldLock?.Release();
        _newLock.Release();
        if (OperatingSystem.IsWindows())
            _copy?.Dispose();
    }

    private async Task<long?> CopyAsync(IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            _files = RestoreFiles.Free(Target, DateTimeOffset.UtcNow);
            _copy = CreateCopy();
            // Of two that begin at the same time, each sees the other now.
            _ = InterruptedRestore.Find(Target, _files.Copy);
            var difference = await MakeCopyAsync(_copy, reporter, cancellation).ConfigureAwait(false);
            SqliteCopy.TakeOverRights(_copy, Target, reporter);
            Size = new FileInfo(_files.Copy).Length;
            return difference;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotWritable(Target, error);
        }
    }

    private async Task<long?> MakeCopyAsync(HeldFile copy, IReporter reporter, CancellationToken cancellation)
    {
        if (_proof is not { IsPending: true })
            return await SqliteCopy.RunAsync(_backupPath, copy, reporter, cancellation).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        if (_proof.Accept(await SqliteCopy.RunHashedAsync(_backupPath, copy, reporter, cancellation).ConfigureAwait(false), clock.Elapsed))
            return null;
        // One of the two is not what it should be. If it is the backup, this says so.
        await _proof.EnsureAsync().ConfigureAwait(false);
        return await SqliteCopy.CompareAsync(_backupPath, copy).ConfigureAwait(false);
    }

    // Of two that begin in the same instant and chose the same name, one makes the file.
    private HeldFile CreateCopy()
    {
        try
        {
            return HeldFile.Create(_files.Copy);
        }
        catch (IOException error) when (File.Exists(_files.Copy) || error.HResult is FileExists or FileExistsOnWindows)
        {
            throw Errors.RestoreUnderWay(Target, _files.Copy);
        }
    }

    // The backup is proven in the plan, and only once: a copy that is the same to the last bit, of a file that nobody has touched since, is as
    // good as it. Reading it back and comparing costs a fraction of a second proof.
    private string ProveCopy(long? difference, CancellationToken cancellation)
    {
        if (NativeFile.VersionOf(_backupPath) != _proven)
            throw Errors.BackupChanged(_backupPath);
        _checks.Run("copy: read back", () => difference is null
            ? (true, $"{Size} bytes, those of the backup: what was proven of it holds for its copy")
            : throw Errors.RestoreCopyDamaged(Target, $"it differs from the backup from byte {difference} on"));
        RequireOwn(_files.Copy);
        return SqliteHeader.TryRead(_copy!.Handle) is { IsWal: true } ? ProveWithoutWal(cancellation) : Contents.Describe();
    }

    // A backup that was made by copying a file may say WAL in its header; the database has to stand alone until the application opens it.
    private string ProveWithoutWal(CancellationToken cancellation)
    {
        var verdicts = new SqliteVerdicts(
            () => Errors.RestoreCopyDamaged(Target, "the copy is empty"),
            why => Errors.RestoreCopyDamaged(Target, why),
            (why, inner) => Errors.RestoreCopyDamaged(Target, why, inner));
        RequireOwn(_files.Copy);
        try
        {
            SqliteCopy.LeaveWal(_copy!);
            var found = SqliteProof.Prove(_files.Copy, "copy", verdicts, _checks, _danglingAllowed, cancellation);
            if (found.Revision != Contents.Revision || !found.Rows.SequenceEqual(Contents.Rows))
                throw Errors.RestoreCopyDamaged(Target, $"it holds {found.Describe()}, the backup {Contents.Describe()}");
            return found.Describe();
        }
        catch (SqliteException error)
        {
            throw Errors.RestoreCopyDamaged(Target, error.Message, error);
        }
    }

    // The application, and whoever else may write to the folder, can put another file or a link under its name.
    private void RequireOwn(string path)
    {
        if (_copy?.IsAt(path) == false)
            throw Errors.RestoreDisturbed(Target, $"{path} is not the file that was made there");
    }

    private string? Lock()
    {
        _oldLock = SqliteLock.Acquire(Target);
        return _oldLock.Detail;
    }

    private Task Unlock()
    {
        _oldLock?.Undo();
        return Task.CompletedTask;
    }

    private T Translate<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotWritable(Target, error);
        }
    }

    private Task RemoveCopy()
    {
        _newLock?.Dispose();
        _copy?.Dispose();
        if (_copy is not null)
            SqliteFile.Delete(_copy.Path);
        return Task.CompletedTask;
    }
}
