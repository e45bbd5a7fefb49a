using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Restoring;

/// <summary>A restore, or the undoing of one: planned without changing anything, then run so that every failure puts the state before back.</summary>
public sealed class DatabaseRestore : IDisposable
{
    private readonly DatabaseAccess _access;
    private readonly IRestore _restore;
    private readonly RestoreSource _source;
    private readonly ApplicationPause _pause;
    private readonly StateStore _state;

    internal DatabaseRestore(DatabaseAccess access, StateStore state, IRestore restore, RestoreSource source, string safetyFolder)
    {
        SafetyFolder = safetyFolder;
        _access = access;
        _state = state;
        _restore = restore;
        _source = source;
        _pause = new(access.Application, source.StartsStopped);
    }

    /// <summary>The database that is replaced: the URL, the password replaced by <c>***</c>.</summary>
    public string Database => _access.Database.Name;

    private string SafetyFolder { get; }

    /// <summary>What is replaced by what, as a sentence.</summary>
    public string Description
    {
        get
        {
            var before = _restore.Before?.Describe() ?? "nothing that can be read";
            var contents = _restore.Contents?.Describe() ?? "what cannot be read";
            return $"Replace {before} by {contents} of {_source.Name}{_pause.Description}; {_restore.How}; "
                + $"reached {(_access.Database.Transport == DatabaseTransport.Container ? "through the container" : "directly")}{_source.Changes}";
        }
    }

    /// <summary>How long an application that is started again may take to become ready. Nothing is undone when it takes longer.</summary>
    public TimeSpan Patience { get => _pause.Patience; set => _pause.Patience = value; }

    /// <summary>Told, before the databases are exchanged, the name under which the present one will be kept; null where that is not known yet.</summary>
    internal Func<string?, Task>? BeforeSwap { get; set; }

    /// <summary>Whether whoever has it made holds the database's lock already.</summary>
    internal bool IsLocked { get; set; }

    private string Activity => _source.PutBack is null ? $"Restoring {Database}" : $"Undoing the restore of {Database}";

    /// <summary>Reads everything, and proves the backup; where it will be copied first, its SHA-256 is left to <see cref="ProveAsync"/>. Changes
    /// nothing.</summary>
    /// <param name="request">Which database.</param>
    /// <param name="state">Where it is remembered.</param>
    /// <param name="backupPath">The backup, absolute.</param>
    /// <param name="jobs">PostgreSQL: how many connections restore at the same time; null for a number that suits the machine.</param>
    /// <param name="safetyFolder">The folder in which the present database is backed up where it cannot be kept beside the new one, absolute; null
    /// for the backup's own.</param>
    /// <param name="force">Whether what would be refused for the operator's own good is done all the same.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<DatabaseRestore> PlanAsync(
        DatabaseRequest request, StateStore state, string backupPath, int? jobs, string? safetyFolder, bool force, IReporter reporter,
        CancellationToken cancellation)
    {
        var access = await DatabaseAccess.OpenAsync(request, reporter, cancellation).ConfigureAwait(false);
        try
        {
            access.Application?.RequireStoppable();
            var options = new RestoreOptions(jobs, safetyFolder ?? Path.GetDirectoryName(backupPath)!, access.Application is { WasRunning: true }, Force: force)
            {
                ApplicationAddresses = access.Application?.Addresses ?? [],
            };
            var activity = $"Restoring {access.Database.Name}";
            reporter.Progress(new(activity, "Reading the database and proving the backup"));
            BackupSource.CheckFile(backupPath, access.Database.Kind);
            var proof = new BackupProof(backupPath, reporter, cancellation);
            if (!access.Database.CopiesBackups || proof.Expected is null)
                await proof.EnsureAsync().ConfigureAwait(false);
            var restore = await PlanAsync(access.Database, backupPath, options, proof, reporter, cancellation).ConfigureAwait(false);
            reporter.Progress(new(activity, "Planned", Completed: true));
            return new(access, state, restore, new() { BackupPath = backupPath, Proof = proof }, options.SafetyFolder);
        }
        catch
        {
            access.Dispose();
            throw;
        }
    }

    private static async Task<IRestore> PlanAsync(
        IDatabase database, string backupPath, RestoreOptions options, BackupProof proof, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            return await database.PlanRestoreAsync(backupPath, options with { Proven = proof.Expected, Proof = proof }, reporter, cancellation)
                .ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            // That it is not the file it was says more than what that leads to.
            await proof.EnsureAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finds out whether the backup is unchanged since it was made, as far as its sidecar can tell. <see cref="ExecuteAsync"/> does so too,
    /// before it replaces anything.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>.</exception>
    public Task ProveAsync() => _source.Proof?.EnsureAsync() ?? Task.CompletedTask;

    /// <summary>Restores, under the lock of the deployment where one was given.</summary>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it and puts the state before back; too late once the new database is in its place.</param>
    /// <exception cref="ShoreGuardException">As of <see cref="ExecuteAsync"/>; <c>RollbackInProgress</c>, <c>RollbackUnfinished</c>, <c>PartInterrupted</c>,
    /// <c>OperationElsewhere</c>, <c>StateNotWritable</c>.</exception>
    public async Task<RestoreResult> RunAsync(IReporter reporter, CancellationToken cancellation)
    {
        if (_access.Application is not { } application)
            return await ExecuteAsync(reporter, cancellation).ConfigureAwait(false);
        var operation = new Operation { State = _state, Activity = "restore", Entry = Entry(application), Resumed = Resumed };
        await using var runner = await OperationRunner.BeginAsync(application.Engine, operation, cancellation).ConfigureAwait(false);
        return await runner.RunAsync(
            () => ExecuteAsync(reporter, cancellation, runner.Log),
            result => new(RollbackState.Succeeded, null, result.Outage, result.Revision is { } revision ? [revision] : []), reporter).ConfigureAwait(false);
    }

    /// <summary>The restore that this one does once more, since its process was killed; null when it is a new one.</summary>
    internal RollbackJournal.Entry? Resumed { get; set; }

    private RollbackJournal.Entry Entry(ManagedApplication application)
    {
        var deployment = application.Deployment;
        var record = RollbackLog.RecordOf(Resumed?.Record.Id ?? RollbackLog.NewId(), OperationKind.Restore, RollbackStrategy.Restore, deployment) with
        {
            RevisionsBefore = _restore.Before?.Revision is { } revision ? [revision] : [],
            BackupPath = _source.BackupPath,
        };
        return new(record, new() { BackupFolder = SafetyFolder, BackupPath = _source.BackupPath, Strategy = RollbackStrategy.Restore }, Note(application));
    }

    private RollbackNote Note(ManagedApplication application) => RollbackLog.NoteOf(application.Deployment, application.WasRunning, SafetyFolder) with
    {
        BackupPath = _source.BackupPath,
        Rows = _restore.Contents?.Rows,
    };

    /// <summary>Restores. Whoever calls it has the lock.</summary>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it and puts the state before back; too late once the new database is in its place.</param>
    /// <exception cref="ShoreGuardException">What failed, with the <see cref="RestoreResult"/> as far as it got in <c>Result</c>; <c>UndoFailed</c>
    /// when putting back failed too.</exception>
    /// <param name="log">Where it is written down; null where whoever calls it does that.</param>
    internal async Task<RestoreResult> ExecuteAsync(IReporter reporter, CancellationToken cancellation, RollbackLog? log = null)
    {
        await using var only = IsLocked ? null : await LockAsync(_state, _access.Database, "restore", cancellation).ConfigureAwait(false);
        var steps = new StepRecorder(Activity, reporter, log);
        var outage = new Stopwatch();
        try
        {
            await _pause.ObserveAsync(steps, reporter, cancellation).ConfigureAwait(false);
            await _restore.PrepareAsync(steps, reporter, cancellation).ConfigureAwait(false);
            await ProveAsync().ConfigureAwait(false);
            await (BeforeSwap?.Invoke(_restore.KeptName) ?? Task.CompletedTask).ConfigureAwait(false);
            if (log is not null)
                await log.WriteAsync(note => note with { Kept = _restore.KeptName, DownSince = note.WasRunning ? DateTimeOffset.UtcNow : null })
                    .ConfigureAwait(false);
            outage.Start();
            await _pause.StopAsync(steps, cancellation, mayStart: () => !_restore.IsBroken).ConfigureAwait(false);
            await _restore.SwapAsync(steps, cancellation).ConfigureAwait(false);
            if (log is not null)
                await log.WriteAsync(note => note with { Kept = _restore.Kept, HasHeld = true }).ConfigureAwait(false);
            steps.Commit();
        }
        catch (Exception error)
        {
            var failures = await steps.UndoAsync().ConfigureAwait(false);
            outage.Stop();
            await _restore.CleanUpAsync().ConfigureAwait(false);
            var (told, revision) = await TellAsync(error, failures, outage.Elapsed).ConfigureAwait(false);
            if (told is null)
                throw;
            throw Errors.WithResult(told, await FailureAsync(steps, outage, failures.Count == 0, revision, error).ConfigureAwait(false));
        }
        await _restore.CleanUpAsync().ConfigureAwait(false);
        var (state, recommendation) = await _pause.StartAsync(steps, _restore.Contents?.Revision, reporter, cancellation).ConfigureAwait(false);
        outage.Stop();
        reporter.Progress(new(Activity, "Done", 100, Completed: true));
        return await ResultAsync(steps, outage.Elapsed, state, recommendation).ConfigureAwait(false);
    }

    /// <summary>One at a time: whoever was given its URL alone, or another deployment of it, knows nothing of a deployment's lock.</summary>
    /// <param name="state">The store of whoever does it.</param>
    /// <param name="database">The database that is replaced or downgraded.</param>
    /// <param name="operation">What is done with it.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException">As of <see cref="IDatabase.LockAsync"/>.</exception>
    internal static Task<IAsyncDisposable?> LockAsync(StateStore state, IDatabase database, string operation, CancellationToken cancellation) =>
        database.LockAsync($"{LockHolder.Own(new(state, operation))}", cancellation);

    private async Task<(ShoreGuardException? Told, string? Revision)> TellAsync(
        Exception error, IReadOnlyList<(string Step, Exception Error)> failures, TimeSpan outage)
    {
        if (failures.Count > 0)
            return (Errors.RestoreUndoFailed(Database, Activity, error, failures), null);
        var (found, revision) = await DatabaseLook.CompareAsync(_access.Database, _restore.Before).ConfigureAwait(false);
        return (Errors.PutBack(error, Database, Activity, found, _pause.AfterFailure(outage)), revision);
    }

    private async Task<RestoreResult> FailureAsync(StepRecorder steps, Stopwatch outage, bool reverted, string? revision, Exception cause) => new()
    {
        Succeeded = false,
        Reverted = reverted,
        Reason = Errors.Reason(cause),
        BackupPath = _source.BackupPath,
        PutBack = _source.PutBack,
        Kind = _access.Database.Kind,
        Database = Database,
        Location = _access.Database.Location,
        RevisionBefore = _restore.Before?.Revision,
        Revision = revision,
        Size = 0,
        // Nobody has counted them since.
        Rows = [],
        Checks = [.. _source.Proof?.Checks ?? [], .. _restore.Checks],
        Kept = _restore.Kept,
        Application = _pause.StateAfterFailure,
        Outage = outage.Elapsed,
        Steps = steps.Steps,
        Duration = steps.Elapsed,
        Deployment = _access.Application is { } application ? await application.TryDescribeAsync().ConfigureAwait(false) : null,
    };

    private async Task<RestoreResult> ResultAsync(StepRecorder steps, TimeSpan outage, ApplicationState state, string? recommendation) => new()
    {
        Succeeded = true,
        Reverted = false,
        BackupPath = _source.BackupPath,
        PutBack = _source.PutBack,
        Kind = _access.Database.Kind,
        Database = Database,
        Location = _access.Database.Location,
        RevisionBefore = _restore.Before?.Revision,
        Revision = _restore.Contents?.Revision,
        Size = _restore.Size,
        Rows = _restore.Contents?.Rows ?? [],
        Checks = [.. _source.Proof?.Checks ?? [], .. _restore.Checks],
        Kept = _restore.Kept,
        Application = state,
        Outage = outage,
        Steps = steps.Steps,
        Recommendation = string.Join(' ', new[] { recommendation, _restore.Afterwards }.OfType<string>()) is { Length: > 0 } advice ? advice : null,
        Duration = steps.Elapsed,
        Deployment = _access.Application is { } application ? await application.DescribeAsync(CancellationToken.None).ConfigureAwait(false) : null,
    };

    /// <inheritdoc/>
    public void Dispose() => _access.Dispose();
}

/// <summary>Where what is restored comes from.</summary>
internal sealed record RestoreSource
{
    /// <summary>The backup, absolute; null in an undo.</summary>
    public string? BackupPath { get; init; }
    /// <summary>In an undo, what an earlier restore kept.</summary>
    public string? PutBack { get; init; }
    /// <summary>In an undo, what has been written since, as the end of a sentence; empty when nothing has.</summary>
    public string Changes { get; init; } = "";
    /// <summary>Whether the application is started although it is stopped, because the restore that is undone left it so.</summary>
    public bool StartsStopped { get; init; }
    /// <summary>Whether the backup is what it was; null in an undo.</summary>
    public BackupProof? Proof { get; init; }
    /// <summary>For people.</summary>
    public string Name => PutBack ?? BackupPath!;
}
