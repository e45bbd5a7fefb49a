namespace ShoreGuard.Rollback;

/// <summary>What an alert does now.</summary>
public enum AlertState
{
    /// <summary>It fires.</summary>
    Firing,
    /// <summary>Its condition holds, but not yet for as long as its rule wants.</summary>
    Pending,
    /// <summary>It fired, and no longer does.</summary>
    Ended,
}
