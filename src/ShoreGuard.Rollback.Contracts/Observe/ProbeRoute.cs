namespace ShoreGuard.Rollback;

/// <summary>How a request gets from here to an application.</summary>
public enum ProbeRoute
{
    /// <summary>By an address that was given, wherever it leads.</summary>
    Address,
    /// <summary>By the port that its container publishes.</summary>
    PublishedPort,
    /// <summary>By a port of the engine's machine, whose network its container uses.</summary>
    HostNetwork,
    /// <summary>By its container's own address: the network's bridge is on this machine.</summary>
    ContainerAddress,
    /// <summary>Through the engine: the request is made inside the container's network, since nothing else leads there from here.</summary>
    ContainerNetwork,
}
