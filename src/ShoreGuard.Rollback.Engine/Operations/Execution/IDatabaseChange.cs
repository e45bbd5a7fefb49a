namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>What a rollback does with the database. Its steps undo themselves, as those of the switch around them do.</summary>
internal interface IDatabaseChange : IAsyncDisposable
{
    /// <summary>Which way it takes.</summary>
    RollbackStrategy Strategy { get; }

    /// <summary>Everything slow, while the application still serves.</summary>
    Task PrepareAsync(StepRecorder steps, CancellationToken cancellation);

    /// <summary>The change, while nobody is served: the old build is stopped, the new one not started.</summary>
    Task ApplyAsync(StepRecorder steps, CancellationToken cancellation);

    /// <summary>Nothing is to be put back any more, because it has held or was put back.</summary>
    Task ConcludeAsync();

    /// <summary>The backup that was restored, or made before; null when it did not come to that.</summary>
    string? BackupPath { get; }

    /// <summary>The database that was replaced; null when none was.</summary>
    string? Kept { get; }
}
