namespace ShoreGuard.Rollback;

/// <summary>What the <c>downgrade()</c> of a migration script does, read from its text.</summary>
public enum DowngradeKind
{
    /// <summary>It changes the schema back.</summary>
    Implemented,
    /// <summary>It does nothing.</summary>
    Empty,
    /// <summary>It raises an error, or there is no such function.</summary>
    Refuses,
    /// <summary>It raises an error under a condition that only a run can tell.</summary>
    MayRefuse,
    /// <summary>The script could not be read.</summary>
    Unread,
}
