namespace ShoreGuard.Rollback;

/// <summary>Whether a build held while it was watched.</summary>
public enum ObservationOutcome
{
    /// <summary>It was well until the window ended, and nobody put another in its place.</summary>
    Held,
    /// <summary>It is not well any more: not ready, not answering, an API that fails, a process that ended.</summary>
    Regressed,
    /// <summary>It cannot be told: it could not be reached, another container took its place, or the observation was stopped.</summary>
    Inconclusive,
}
