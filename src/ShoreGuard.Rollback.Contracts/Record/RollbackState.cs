namespace ShoreGuard.Rollback;

/// <summary>How a rollback stands.</summary>
public enum RollbackState
{
    /// <summary>A process is at it.</summary>
    UnderWay,
    /// <summary>Its process ended before it, or putting the state before back failed: <c>Resume-ShoreGuardRollback</c> completes it,
    /// <c>Undo-ShoreGuardRollback</c> undoes it.</summary>
    Unfinished,
    /// <summary>The target has held.</summary>
    Succeeded,
    /// <summary>The state before was put back.</summary>
    Reverted,
    /// <summary><c>Close-ShoreGuardRollback</c> has ended it as it was.</summary>
    Closed,
}
