namespace ShoreGuard.Rollback;

/// <summary>How a database is reached from here.</summary>
public enum DatabaseTransport
{
    /// <summary>Directly where that works, else through the container.</summary>
    Auto,
    /// <summary>Directly: the file on this machine, or a connection to the server.</summary>
    Direct,
    /// <summary>Through the deployment's engine: inside its container, in a one-off container beside it, or in the server's own one.</summary>
    Container,
}
