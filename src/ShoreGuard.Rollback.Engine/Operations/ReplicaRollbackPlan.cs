namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>The plans for the replicas of one service, which are rolled back together or not at all.</summary>
/// <param name="Replicas">In the order in which they are switched.</param>
/// <param name="Notes">What the operator should know about the service as a whole, each a sentence.</param>
public sealed record ReplicaRollbackPlan(IReadOnlyList<ImageRollbackPlan> Replicas, IReadOnlyList<string> Notes)
{
    /// <summary>What will be done, as a sentence for a question.</summary>
    public string Description => Replicas is [var only] ? only.Description
        : $"One after another, and all of them back if one fails: {string.Join("; ", Replicas.Select(replica => replica.Description))}";

    /// <summary>What the operator should know before saying yes, each a sentence.</summary>
    public IEnumerable<string> Warnings => Notes.Concat(Replicas
        .SelectMany(replica => replica.Warnings.Concat(replica.Open).Select(warning => (Warning: warning, replica.Before.Name)))
        .GroupBy(each => each.Warning, each => each.Name, StringComparer.Ordinal)
        .Select(same => Readable.About(string.Join(", ", same), same.Key))).Distinct();
}
