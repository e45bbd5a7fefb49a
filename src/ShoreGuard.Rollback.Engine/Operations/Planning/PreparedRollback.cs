using ShoreGuard.Rollback.Engine.Operations.Downgrading;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>A plan, and what was read for it that running it needs.</summary>
internal sealed class PreparedRollback : IDisposable
{
    /// <summary>The plan.</summary>
    public required RollbackPlan Plan { get; init; }

    /// <summary>What was asked for.</summary>
    public required RollbackRequest Request { get; init; }

    /// <summary>The switch of the image.</summary>
    public required ImageRollbackPlan Images { get; init; }

    /// <summary>The downgrade, read to its end; null when there is none.</summary>
    public SchemaDowngrade? Downgrade { get; init; }

    /// <summary>What is restored: a backup, or what an earlier rollback kept; null when nothing is.</summary>
    public (string Source, bool IsKept)? Restore { get; init; }

    public void Dispose() => Downgrade?.Dispose();
}
