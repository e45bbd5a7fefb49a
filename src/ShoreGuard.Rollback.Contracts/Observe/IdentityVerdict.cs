namespace ShoreGuard.Rollback;

/// <summary>Whether what runs is what was published.</summary>
public enum IdentityVerdict
{
    /// <summary>Everything was compared, and is the same.</summary>
    Match,
    /// <summary>What was compared is the same, but something could not be.</summary>
    Inconclusive,
    /// <summary>Something differs.</summary>
    Mismatch,
}
