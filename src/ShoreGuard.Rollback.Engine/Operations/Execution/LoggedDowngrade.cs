using ShoreGuard.Rollback.Engine.Operations.Downgrading;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>A downgrade that is remembered with the operation it belongs to.</summary>
internal sealed class LoggedDowngrade(RollbackLog log) : IDowngradeMemory
{
    /// <inheritdoc/>
    public Task WriteAsync(DowngradeNote note) => log.WriteAsync(known => known with { Downgrade = note, BackupPath = note.BackupPath ?? known.BackupPath });

    /// <inheritdoc/>
    public Task ForgetAsync() => Task.CompletedTask;
}
