using System.Net;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>How a PostgreSQL server is reached from here, which may differ from how the application reaches it.</summary>
/// <param name="Host">Host name, address or socket folder; null for libpq's own default.</param>
/// <param name="Port">The port; null for the default.</param>
/// <param name="Container">The server's own container, where it is known: its tools have the server's version.</param>
/// <param name="Transport">Directly, or through a relay that is at host and port.</param>
internal sealed record PostgresRoute(string? Host, int? Port, PostgresContainer? Container, DatabaseTransport Transport = DatabaseTransport.Direct)
{
    private const int DefaultPort = 5432;
    private const string UsualSocketFolder = "/var/run/postgresql";
    // How containers know their engine's machine (docs.docker.com, "docker run --add-host").
    private const string HostGateway = "host-gateway";
    private const string DesktopHost = "host.docker.internal";

    /// <summary>As the URL says.</summary>
    public static PostgresRoute Direct(DatabaseUrl url) => new(url.Host, url.Port, null);

    /// <summary>
    /// As a container sees it: a name on one of its networks is another container, reached by its published port or its address; its
    /// engine's machine is reached by its name, or is this one; a socket is where its folder is mounted from.
    /// </summary>
    /// <param name="url">As the container's environment has it.</param>
    /// <param name="engine">The container's engine.</param>
    /// <param name="container">The engine's description of the container.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>ServerNotReachable</c>: the container alone gets there; <c>ServerAmbiguous</c>: several answer to the
    /// name.</exception>
    public static async Task<PostgresRoute> FindAsync(DatabaseUrl url, IContainerEngine engine, ContainerView container, CancellationToken cancellation)
    {
        if (url.Host is null || url.Host.StartsWith('/'))
            return DeploymentDatabase.HostPath(container, url.Host ?? UsualSocketFolder) is { } folder
                && await engine.FindOtherMachineAsync(cancellation).ConfigureAwait(false) is null
                ? new(folder, url.Port, null)
                : throw Errors.ServerNotReachable(container.Name, url.Redacted);
        var owner = SharedNamespaces.NetworkOwner(container) is { } other
            ? await engine.InspectContainerAsync(other, cancellation).ConfigureAwait(false) ?? container : container;
        var found = await MembersAsync(engine, owner, url.Host, cancellation).ConfigureAwait(false);
        if (found.DistinctBy(each => each.Container.Id).Count() > 1)
            throw Errors.ServerAmbiguous(container.Name, url.Redacted, url.Host, [.. found.Select(each => each.Container.Name).Distinct()]);
        if (found is [var (server, network), ..])
            return Through(engine, server, network, url.Port ?? DefaultPort);
        if (IsLoopback(url.Host) && owner.NetworkMode != "host")
            throw Errors.ServerNotReachable(container.Name, url.Redacted);
        var address = ExtraHost(owner, url.Host) ?? url.Host;
        if (!IsLoopback(address) && address is not (HostGateway or DesktopHost))
            return new(address, url.Port, null);
        // The loopback of this machine is the engine's where the engine is here, and not at the other end of a tunnel.
        var host = EngineHost(engine.Host);
        return !IsLoopback(host) || await engine.FindOtherMachineAsync(cancellation).ConfigureAwait(false) is null
            ? new(host, url.Port, null) : throw Errors.ServerNotReachable(container.Name, url.Redacted);
    }

    /// <summary>Whether a host is whoever asks for it.</summary>
    public static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static async Task<List<(ContainerView Container, string Network)>> MembersAsync(
        IContainerEngine engine, ContainerView container, string name, CancellationToken cancellation)
    {
        var found = new List<(ContainerView, string)>();
        foreach (var network in container.Networks.Select(each => each.Network))
        {
            foreach (var id in (await engine.InspectNetworkAsync(network, cancellation).ConfigureAwait(false))?.Members ?? [])
            {
                if (await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is { } member && AnswersTo(member, network, name))
                    found.Add((member, network));
            }
        }
        return found;
    }

    private static bool AnswersTo(ContainerView member, string network, string host)
    {
        var endpoint = member.On(network);
        string?[] names = [.. endpoint?.Aliases ?? [], .. endpoint?.DnsNames ?? [], member.Name, endpoint?.Address];
        return names.Contains(host, StringComparer.OrdinalIgnoreCase);
    }

    private static PostgresRoute Through(IContainerEngine engine, ContainerView member, string network, int port)
    {
        var endpoint = member.On(network);
        var address = endpoint?.Address ?? endpoint?.Address6 ?? "127.0.0.1";
        var container = new PostgresContainer(engine, member.Id, member.Name, port, address, endpoint?.NetworkId);
        if (int.TryParse(member.PublishedPort(port), out var hostPort))
            return new(EngineHost(engine.Host), hostPort, container);
        // A bridge network's addresses are reachable from the machine the engine runs on.
        return new(address, port, container);
    }

    private static string EngineHost(string engine) =>
        Uri.TryCreate(engine, UriKind.Absolute, out var uri) && uri.Scheme is "tcp" or "http" or "https" ? uri.Host : "127.0.0.1";

    private static string? ExtraHost(ContainerView container, string host) =>
        container.ExtraHosts
            .Select(entry => entry.Split([':', '='], 2))
            .FirstOrDefault(pair => pair.Length == 2 && pair[0] == host)?[1];
}

/// <summary>The container a server runs in.</summary>
/// <param name="Engine">Its engine.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Port">The port the server listens on inside it.</param>
/// <param name="Address">Its address on the network on which the application finds it.</param>
/// <param name="NetworkId">That network's id.</param>
internal sealed record PostgresContainer(IContainerEngine Engine, string Id, string Name, int Port, string Address, string? NetworkId);
