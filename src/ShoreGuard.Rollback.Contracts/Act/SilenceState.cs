namespace ShoreGuard.Rollback;

/// <summary>Whether a silence keeps alerts quiet.</summary>
public enum SilenceState
{
    /// <summary>It does.</summary>
    Active,
    /// <summary>It will, from its start on.</summary>
    Pending,
    /// <summary>It no longer does: its time is over, or it was removed.</summary>
    Expired,
}
