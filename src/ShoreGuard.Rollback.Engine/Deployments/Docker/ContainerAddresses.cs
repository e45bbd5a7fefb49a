using System.Net;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The addresses under which a container is seen by others.</summary>
internal static class ContainerAddresses
{
    /// <summary>One for each of its networks, both families; none where it has no network of its own, and where it does not run.</summary>
    /// <param name="container">Its description.</param>
    public static IReadOnlyList<IPAddress> Of(ContainerView? container) =>
        [.. (container?.Json.At("NetworkSettings", "Networks") as JsonObject ?? [])
            .SelectMany(network => (string?[])[network.Value.Text("IPAddress"), network.Value.Text("GlobalIPv6Address")])
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>()];
}
