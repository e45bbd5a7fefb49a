using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Operations.Restoring;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>A backup, or a database that an earlier rollback kept, takes the database's place.</summary>
internal sealed class RestoreChange : IDatabaseChange
{
    private readonly DatabaseAccess _access;
    private readonly IRestore _restore;
    private readonly IReporter _reporter;
    private readonly StateStore _state;

    private RollbackLog? _log;
    private IAsyncDisposable? _only;

    private RestoreChange(DatabaseAccess access, StateStore state, IRestore restore, string? backupPath, IReporter reporter) =>
        (_access, _state, _restore, BackupPath, _reporter) = (access, state, restore, backupPath, reporter);

    /// <summary>The rollback's, which begins when the operator has said yes.</summary>
    public RestoreChange LoggedTo(RollbackLog log)
    {
        _log = log;
        return this;
    }

    public RollbackStrategy Strategy => RollbackStrategy.Restore;

    public string? BackupPath { get; }

    public string? Kept => _restore.Kept;

    /// <summary>Reads everything, and proves what is restored. Changes nothing.</summary>
    /// <param name="request">Which database.</param>
    /// <param name="state">The store of whoever does it.</param>
    /// <param name="source">The backup, or what an earlier rollback kept.</param>
    /// <param name="isKept">Which of the two.</param>
    /// <param name="folder">Where the present database is backed up where it cannot be kept otherwise.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<RestoreChange> PlanAsync(
        DatabaseRequest request, StateStore state, string source, bool isKept, string folder, IReporter reporter, CancellationToken cancellation)
    {
        var access = await DatabaseAccess.OpenAsync(request, reporter, cancellation).ConfigureAwait(false);
        try
        {
            var options = new RestoreOptions(null, folder, ApplicationIsManaged: true) { ApplicationAddresses = access.Application?.Addresses ?? [] };
            if (isKept)
                return new(access, state, await access.Database.PlanUndoAsync(source, options, reporter, cancellation).ConfigureAwait(false), null, reporter);
            BackupSource.CheckFile(source, access.Database.Kind);
            var proof = new BackupProof(source, reporter, cancellation);
            await proof.EnsureAsync().ConfigureAwait(false);
            options = options with { Proven = proof.Expected };
            return new(access, state, await access.Database.PlanRestoreAsync(source, options, reporter, cancellation).ConfigureAwait(false), source, reporter);
        }
        catch
        {
            access.Dispose();
            throw;
        }
    }

    public async Task PrepareAsync(StepRecorder steps, CancellationToken cancellation)
    {
        _only = await DatabaseRestore.LockAsync(_state, _access.Database, "restore", cancellation).ConfigureAwait(false);
        await _restore.PrepareAsync(steps, _reporter, cancellation).ConfigureAwait(false);
        await _log!.WriteAsync(note => note with { BackupPath = BackupPath, Kept = _restore.KeptName, Rows = _restore.Contents?.Rows }).ConfigureAwait(false);
    }

    public async Task ApplyAsync(StepRecorder steps, CancellationToken cancellation)
    {
        await _restore.SwapAsync(steps, cancellation).ConfigureAwait(false);
        _restore.LetIn();
        var mark = await _access.Database.TryReadMarkAsync(_restore.Contents?.Rows ?? [], cancellation).ConfigureAwait(false);
        await _log!.WriteAsync(note => note with { Kept = _restore.Kept, Mark = mark }).ConfigureAwait(false);
    }

    // What it holds goes with it, whether everything could be put back or not: a lock of ours would keep the recovery out.
    public Task ConcludeAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _restore.CleanUpAsync().ConfigureAwait(false);
        if (_only is not null)
            await _only.DisposeAsync().ConfigureAwait(false);
        _access.Dispose();
    }
}
