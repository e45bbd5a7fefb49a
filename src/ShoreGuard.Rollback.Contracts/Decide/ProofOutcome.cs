namespace ShoreGuard.Rollback;

/// <summary>How a proof ended.</summary>
public enum ProofOutcome
{
    /// <summary>It was not made: nobody asked for it, or it could not be made. Never a success.</summary>
    NotRun,
    /// <summary>It holds.</summary>
    Passed,
    /// <summary>It does not hold.</summary>
    Failed,
}
