using ShoreGuard.Rollback.Engine.Operations.Downgrading;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>The newer image takes the schema down, after a proven backup.</summary>
/// <remarks>The backup is made when the application has stopped: one made before would not have what was written in between, and it is what a failure
/// puts back.</remarks>
internal sealed class DowngradeChange(SchemaDowngrade downgrade, RollbackLog log, IReporter reporter) : IDatabaseChange
{
    private DowngradeRun? _run;

    public RollbackStrategy Strategy => RollbackStrategy.Downgrade;

    public string? BackupPath => _run?.BackupPath;

    // A downgrade works on the database itself; the backup is what is kept of it.
    public string? Kept => null;

    public Task PrepareAsync(StepRecorder steps, CancellationToken cancellation)
    {
        _run = downgrade.CreateRun(steps, log, reporter);
        return _run.CheckAgainAsync(cancellation);
    }

    public async Task ApplyAsync(StepRecorder steps, CancellationToken cancellation)
    {
        await _run!.BackUpAsync(cancellation).ConfigureAwait(false);
        await _run.DowngradeAsync(cancellation).ConfigureAwait(false);
        await _run.VerifyAsync(cancellation).ConfigureAwait(false);
        await log.WriteAsync(note => note with { Rows = _run.RowsAfter, Mark = _run.MarkAfter }).ConfigureAwait(false);
    }

    public Task ConcludeAsync() => _run?.ConcludeAsync() ?? Task.CompletedTask;

    // The downgrade itself is of the rollback that was prepared, and is let go of with that.
    public ValueTask DisposeAsync() => _run?.DisposeAsync() ?? ValueTask.CompletedTask;
}
