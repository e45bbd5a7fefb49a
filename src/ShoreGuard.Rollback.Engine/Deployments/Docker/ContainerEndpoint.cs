using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Where a container answers HTTP, seen from here.</summary>
internal static class ContainerEndpoint
{
    private const int DefaultPort = 8888;

    /// <summary>
    /// The published port, else the host's network, else the container's own address, and how a request gets there. Nulls when it has none
    /// of these and is stopped; no address but a route where it has a network of another kind.
    /// </summary>
    /// <param name="container">The inspected container; of a stopped one, where it will answer when it runs again.</param>
    /// <param name="owner">The container whose network it uses; null when it has one of its own.</param>
    /// <param name="dockerHost">The engine's address: the ports of an engine elsewhere are published there.</param>
    public static (Uri? Uri, ProbeRoute? Route) Find(ContainerView container, ContainerView? owner, string dockerHost)
    {
        var port = Port(container);
        var engineName = EngineName(dockerHost);
        var network = owner ?? container;
        if (Published(network, port, isHere: engineName is "localhost" || new UriBuilder("http", engineName).Uri.IsLoopback) is var (address, published))
            return (Http(address is "0.0.0.0" or "::" || !IPAddress.TryParse(address, out _) ? engineName : address, published), ProbeRoute.PublishedPort);
        if (network.NetworkMode == "host")
            return (Http(engineName, port), ProbeRoute.HostNetwork);
        var addresses = Addresses(network).ToList();
        if (addresses.FirstOrDefault(each => LocalBridge.LeadsTo(each.NetworkId, each.Address)).Address is { } near)
            return (Http(near, port), ProbeRoute.ContainerAddress);
        return (addresses.FirstOrDefault().Address is { } far ? Http(far, port) : null, container.IsUp ? ProbeRoute.ContainerNetwork : null);
    }

    /// <summary>How a request gets from here to an address of a container that <see cref="Find"/> or <see cref="On"/> gave.</summary>
    public static ProbeRoute RouteTo(ContainerView container, Uri endpoint)
    {
        var addresses = Addresses(container).ToList();
        var own = addresses.Find(each => Http(each.Address, endpoint.Port).Host == endpoint.Host);
        if (own.Address is not null)
            return LocalBridge.LeadsTo(own.NetworkId, own.Address) ? ProbeRoute.ContainerAddress : ProbeRoute.ContainerNetwork;
        if (container.NetworkMode == "host")
            return ProbeRoute.HostNetwork;
        // A loopback that is not the engine's, for nothing can be published there.
        return addresses.Count == 0 && endpoint.IsLoopback && container.IsUp && SharedNamespaces.NetworkOwner(container) is null
            ? ProbeRoute.ContainerNetwork : ProbeRoute.PublishedPort;
    }

    /// <summary>Whether a network of a running container is on this machine.</summary>
    public static bool IsNear(ContainerView container) => Addresses(container).Any(each => LocalBridge.LeadsTo(each.NetworkId, each.Address));

    /// <summary>Where a container answers inside its own network: its address, as others there know it, else the loopback.</summary>
    public static Uri Inside(ContainerView container) => Http(Addresses(container).FirstOrDefault().Address ?? "127.0.0.1", Port(container));

    /// <summary>The address of a running container on one network; null when it has none there.</summary>
    public static Uri? On(ContainerView container, string network) =>
        container.Json.Text("NetworkSettings", "Networks", network, "IPAddress") is { } address && IPAddress.TryParse(address, out _)
            ? Http(address, Port(container)) : null;

    private static int Port(ContainerView container) => IsPort(container.Variable("SHOREGUARD_PORT"), out var set) ? set : DefaultPort;

    private static bool IsPort(string? text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= IPEndPoint.MaxPort;

    // What an engine elsewhere publishes on its own loopback is published for that machine alone.
    private static (string? Address, int Port)? Published(ContainerView container, int port, bool isHere)
    {
        var bindings = container.Json.At("NetworkSettings", "Ports", $"{port}/tcp") as JsonArray
            ?? container.Json.At("HostConfig", "PortBindings", $"{port}/tcp") as JsonArray;
        foreach (var binding in bindings ?? [])
        {
            var address = binding.Text("HostIp");
            if (IsPort(binding.Text("HostPort"), out var published) && (isHere || !IsLoopback(address)))
                return (address, published);
        }
        return null;
    }

    private static bool IsLoopback(string? address) => IPAddress.TryParse(address, out var parsed) && IPAddress.IsLoopback(parsed);

    private static IEnumerable<(string? NetworkId, string Address)> Addresses(ContainerView container) =>
        (container.Json.At("NetworkSettings", "Networks") as JsonObject ?? [])
            .Select(network => (network.Value.Text("NetworkID"), network.Value.Text("IPAddress") ?? network.Value.Text("GlobalIPv6Address")))
            .Where(network => IPAddress.TryParse(network.Item2, out _))
            .Select(network => (network.Item1, network.Item2!));

    private static string EngineName(string dockerHost) =>
        Uri.TryCreate(dockerHost, UriKind.Absolute, out var uri) && uri.Scheme is "tcp" or "http" or "https" ? uri.Host : "localhost";

    private static Uri Http(string host, int port) => new UriBuilder("http", host, port).Uri;
}
