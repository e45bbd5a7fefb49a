namespace ShoreGuard.Rollback;

/// <summary>How a step ended.</summary>
public enum StepOutcome
{
    /// <summary>It did what it says.</summary>
    Done,
    /// <summary>There was nothing to do.</summary>
    Skipped,
    /// <summary>It failed; what it had changed is undone.</summary>
    Failed,
    /// <summary>It was done, and then undone because a later step failed.</summary>
    Undone,
}
