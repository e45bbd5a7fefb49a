using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>What is watched: where it answers now, and what is known of it beside that.</summary>
internal interface IWatched : IObserved, IDisposable
{
    /// <summary>By which the time of its looks is told, and what is waited between them.</summary>
    TimeProvider Clock { get; }

    /// <summary>Where it was last asked.</summary>
    Uri Uri { get; }

    /// <summary>The deployment as it was at the last look; null for an address.</summary>
    Deployment? Deployment { get; }

    /// <summary>The way to it, as it was at the last look; null where it does not run.</summary>
    EndpointRoute? Route { get; }
}
