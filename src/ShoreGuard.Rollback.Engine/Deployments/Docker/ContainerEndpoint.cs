using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Where a container answers HTTP, seen from here.</summary>
internal static class ContainerEndpoint
{
    private const int DefaultPort = 8888;

    /// <summary>The published port, else the host's network, else the container's own address; null when it has none of these.</summary>
    /// <param name="container">The inspected container; of a stopped one, where it will answer when it runs again.</param>
    /// <param name="owner">The container whose network it uses; null when it has one of its own.</param>
    /// <param name="dockerHost">The engine's address: the ports of an engine elsewhere are published there.</param>
    public static Uri? Find(JsonObject container, JsonObject? owner, string dockerHost)
    {
        var port = Port(container);
        var engineName = EngineName(dockerHost);
        container = owner ?? container;
        if (Published(container, port) is var (address, published))
            return Http(address is null or "0.0.0.0" or "::" ? engineName : address, published);
        if (container.Text("HostConfig", "NetworkMode") == "host")
            return Http(engineName, port);
        return Address(container) is { } own ? Http(own, port) : null;
    }

    /// <summary>The address of a running container on one network; null when it has none there.</summary>
    public static Uri? On(JsonObject container, string network) =>
        container.Text("NetworkSettings", "Networks", network, "IPAddress") is { } address ? Http(address, Port(container)) : null;

    private static int Port(JsonObject container) => int.TryParse(container.EnvironmentVariable("SHOREGUARD_PORT"), out var set) ? set : DefaultPort;

    private static (string? Address, int Port)? Published(JsonObject container, int port)
    {
        var bindings = container.At("NetworkSettings", "Ports", $"{port}/tcp") as JsonArray ?? container.At("HostConfig", "PortBindings", $"{port}/tcp") as JsonArray;
        foreach (var binding in bindings ?? [])
        {
            if (int.TryParse(binding.Text("HostPort"), out var published) && published > 0)
                return (binding.Text("HostIp"), published);
        }
        return null;
    }

    private static string? Address(JsonObject container) =>
        (container.At("NetworkSettings", "Networks") as JsonObject)?
            .Select(network => network.Value.Text("IPAddress") ?? network.Value.Text("GlobalIPv6Address"))
            .FirstOrDefault(address => address is not null);

    private static string EngineName(string dockerHost) =>
        Uri.TryCreate(dockerHost, UriKind.Absolute, out var uri) && uri.Scheme is "tcp" or "http" or "https" ? uri.Host : "localhost";

    private static Uri Http(string host, int port) => new UriBuilder("http", host, port).Uri;
}
