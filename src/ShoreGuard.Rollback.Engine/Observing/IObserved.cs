namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>One thing of a deployment that is looked at again and again. A further one is added where they are listed, in
/// <see cref="DeploymentObservation"/>.</summary>
internal interface IObserved
{
    /// <summary>How it is called in its looks. One that gives looks of several names is called by the one that counts.</summary>
    string What { get; }

    /// <summary>How much time passes at least between two looks; zero for a look at every round. What was found unwell is looked at in the next round
    /// again.</summary>
    TimeSpan Every { get; }

    /// <summary>Looks. What cannot be asked is a look too, an unknown one.</summary>
    /// <remarks>Throws nothing but <see cref="OperationCanceledException"/>.</remarks>
    Task<IReadOnlyList<Look>> LookAsync(CancellationToken cancellation);
}
