namespace ShoreGuard.Rollback;

/// <summary>What became of one check of a release.</summary>
public enum ReleaseOutcome
{
    /// <summary>It holds.</summary>
    Passed,
    /// <summary>It does not hold, and was not required.</summary>
    Warned,
    /// <summary>It does not hold, and has to.</summary>
    Failed,
    /// <summary>It could not be told.</summary>
    Unknown,
}
