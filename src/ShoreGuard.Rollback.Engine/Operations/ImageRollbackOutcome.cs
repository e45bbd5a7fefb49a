namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>What came of the rollback of the replicas of a service, or of a single container.</summary>
/// <param name="Results">One a container, in the order in which they were switched.</param>
/// <param name="Failure">Why all of them were put back, <c>GateRefused</c> or <c>RollbackReverted</c> with the failed one's result; null when all
/// have held.</param>
public sealed record ImageRollbackOutcome(IReadOnlyList<ImageRollbackResult> Results, ShoreGuardException? Failure);
