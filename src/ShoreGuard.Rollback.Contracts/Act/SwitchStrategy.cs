namespace ShoreGuard.Rollback;

/// <summary>How a container's image is switched.</summary>
public enum SwitchStrategy
{
    /// <summary>Chosen by topology: where the database bears two instances, HotSwap if a host port is published, BlueGreen if none is and there is a
    /// network alias; else Recreate.</summary>
    Auto,
    /// <summary>Start and gate the new container on a private network while the old one serves, then hand the host port over.</summary>
    HotSwap,
    /// <summary>Start and gate the new container beside the old one, then give it the network alias by which a proxy finds the service, and take that
    /// from the old one.</summary>
    BlueGreen,
    /// <summary>Stop the old container, start the new one in its place, remove the old one when the gate has passed.</summary>
    Recreate,
}
