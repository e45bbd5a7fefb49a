namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>A way to put a created container in a running one's place. Every step can be undone until all have been taken.</summary>
internal interface ISwitchStrategy
{
    /// <summary>Takes the steps, the gate included; throws when the new build has not held.</summary>
    Task SwitchAsync(SwitchContext context, CancellationToken cancellation);

    /// <summary>Takes away what only the way back needed, the old container last.</summary>
    Task FinishAsync(SwitchContext context);
}
