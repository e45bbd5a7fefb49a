namespace ShoreGuard.Rollback.Engine.Operations.Guarding;

/// <summary>What one check of a release has found.</summary>
/// <param name="Holds">Whether it holds; null where that could not be told.</param>
/// <param name="Explanation">What was found, as a sentence without its full stop.</param>
/// <param name="Next">What to do about it, as a sentence; null where there is nothing to do.</param>
internal sealed record ReleaseFinding(bool? Holds, string Explanation, string? Next = null)
{
    /// <summary>Whether it counts although nobody has asked for it.</summary>
    public bool IsDecisive { get; init; }
}
