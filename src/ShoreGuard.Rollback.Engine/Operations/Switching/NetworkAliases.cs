using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>The names under which others find a container on its networks.</summary>
/// <remarks>
/// No call of the engine changes the aliases of a connection: the container has to leave the network and to join it again, which takes
/// some 50 ms. What is open meanwhile stays open if it gets the same address (<see cref="AddressPool"/>): a TCP connection is the two
/// processes' and not the interface's, and what is lost on the way is sent again.
/// </remarks>
internal static class NetworkAliases
{
    /// <summary>Gives a container what the user asked for on each network; one that has it already is left alone.</summary>
    public static async Task GiveAsync(IContainerEngine engine, string id, IEnumerable<(string Network, JsonObject Endpoint)> networks)
    {
        foreach (var (network, endpoint) in networks)
        {
            var connection = await ConnectionAsync(engine, id, network).ConfigureAwait(false);
            if (connection is null || !AliasesOf(endpoint).All(connection.Aliases.Contains))
                await JoinAgainAsync(engine, id, network, connection, endpoint).ConfigureAwait(false);
        }
    }

    /// <summary>Takes a container's aliases; it stays on each network under its address alone.</summary>
    public static async Task TakeAsync(IContainerEngine engine, string id, IEnumerable<(string Network, JsonObject Endpoint)> networks)
    {
        foreach (var (network, endpoint) in networks)
        {
            var connection = await ConnectionAsync(engine, id, network).ConfigureAwait(false);
            if (connection is null || AliasesOf(endpoint).Any(connection.Aliases.Contains))
                await JoinAgainAsync(engine, id, network, connection, Nameless(endpoint)).ConfigureAwait(false);
        }
    }

    /// <summary>The aliases of a connection as it is asked for.</summary>
    public static IReadOnlyList<string> AliasesOf(JsonObject endpoint) => endpoint.Texts("Aliases");

    private static async Task<EndpointView?> ConnectionAsync(IContainerEngine engine, string id, string network) =>
        (await engine.InspectContainerAsync(id, CancellationToken.None).ConfigureAwait(false))?.On(network);

    // Once begun it is gone through with: a container between two connections serves nobody.
    private static async Task JoinAgainAsync(IContainerEngine engine, string id, string network, EndpointView? connection, JsonObject endpoint)
    {
        if (connection is not null)
            await engine.DisconnectNetworkAsync(network, id, CancellationToken.None).ConfigureAwait(false);
        await engine.ConnectNetworkAsync(network, id, endpoint, CancellationToken.None).ConfigureAwait(false);
    }

    private static JsonObject Nameless(JsonObject endpoint)
    {
        var nameless = (JsonObject)endpoint.DeepClone();
        nameless.Remove("Aliases");
        return nameless;
    }
}
