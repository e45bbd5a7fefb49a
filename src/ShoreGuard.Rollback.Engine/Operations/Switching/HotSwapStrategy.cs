using System.Net;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>Start and gate the new container on a private network while the old one serves; then hand the host port over.</summary>
/// <remarks>
/// The engine publishes a port when a container is connected to a network that is not internal, and frees it when it is
/// disconnected; both were tried on Engines 20.10 and 28.5. So the outage is two calls, however long the application takes to
/// start, and the way back is the same two calls, since the old container still runs until the new one has held.
/// </remarks>
internal sealed class HotSwapStrategy(SharedDatabase? database) : ISwitchStrategy
{
    private const int Attempts = 5;

    private IReadOnlyList<(string Network, JsonObject Endpoint)> _networks = [];
    private IReadOnlyList<IPAddress> _addressesOfOld = [];
    private DateTimeOffset _handedOver;

    public async Task SwitchAsync(SwitchContext context, CancellationToken cancellation)
    {
        var network = SwitchNames.Network(context.Name, context.Id);
        _networks = ContainerRecipe.NetworksOf(context.Plan.Container);
        _addressesOfOld = ContainerAddresses.Of(context.Plan.Container);
        await PreparePrivateNetworkAsync(context, network, cancellation).ConfigureAwait(false);
        await context.StartNewAsync(cancellation).ConfigureAwait(false);
        await context.PassGateAsync("Gate on the private network", await PrivateEndpointAsync(context, network, cancellation).ConfigureAwait(false),
            cancellation).ConfigureAwait(false);
        await FreezeAsync(context, cancellation).ConfigureAwait(false);
        await LeavePrivateDatabaseAsync(context, network, cancellation).ConfigureAwait(false);
        await context.Steps.RunAsync(
            "Hand over: disconnect the old container, connect the new one",
            () => HandOverAsync(context, cancellation),
            () => HandBackAsync(context)).ConfigureAwait(false);
        await EndSessionsOfOldAsync(context, cancellation).ConfigureAwait(false);
        await context.ExchangeNamesAsync(cancellation).ConfigureAwait(false);
        var endpoint = await context.EndpointOfNewAsync(cancellation).ConfigureAwait(false);
        context.Prober?.Retarget(endpoint);
        await context.PassGateAfterHandOverAsync("Gate where it is published", endpoint, cancellation).ConfigureAwait(false);
    }

    public async Task FinishAsync(SwitchContext context)
    {
        await context.TidyAsync("Take the private network away", () => RemovePrivateNetworkAsync(context)).ConfigureAwait(false);
        await context.TidyAsync("Stop the old container", () => context.Engine.StopContainerAsync(context.OldId, CancellationToken.None)).ConfigureAwait(false);
        await context.RemoveOldAsync().ConfigureAwait(false);
    }

    private async Task PreparePrivateNetworkAsync(SwitchContext context, string network, CancellationToken cancellation)
    {
        var engine = context.Engine;
        await context.Steps.RunAsync("Make a private network", async () =>
        {
            // After a kill in the middle of handing over, only this label knows where the old container belongs.
            var networks = new JsonObject(_networks.Select(each => KeyValuePair.Create(each.Network, (JsonNode?)each.Endpoint.DeepClone())));
            await engine.CreateInternalNetworkAsync(
                network, new Dictionary<string, string> { [InterruptedSwitch.NetworksLabel] = networks.ToJsonString() }, cancellation).ConfigureAwait(false);
            return network;
        }, () => RemovePrivateNetworkAsync(context)).ConfigureAwait(false);
        await context.Steps.RunAsync("Move the new container to it", async () =>
        {
            foreach (var (name, _) in _networks)
                await engine.DisconnectNetworkAsync(name, context.NewId, cancellation).ConfigureAwait(false);
            await engine.ConnectNetworkAsync(network, context.NewId, [], cancellation).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
        if (database is null)
            return;
        await context.Steps.RunAsync("Join the database to it", async () =>
        {
            await JoinAsync(context, database, network, cancellation).ConfigureAwait(false);
            return database.Alias;
        }).ConfigureAwait(false);
    }

    // Until it is where its database is, it asks for no session: one that it began meanwhile would wait for a name that nobody has there, for
    // many seconds, and in an application with one event loop everything else would wait with it.
    private async Task FreezeAsync(SwitchContext context, CancellationToken cancellation)
    {
        if (database is null)
            return;
        await context.Steps.RunAsync("Freeze the new container", async () =>
        {
            try
            {
                await context.Engine.PauseContainerAsync(context.NewId, cancellation).ConfigureAwait(false);
                return null;
            }
            catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused))
            {
                // Not every engine can (rootless with the old control groups), and then it usually goes well all the same.
                return $"not frozen: {Errors.Reason(error)}";
            }
        }, () => context.Engine.UnpauseContainerAsync(context.NewId, CancellationToken.None)).ConfigureAwait(false);
    }

    // The new build's sessions run over the private network, which goes. Nobody is served by it yet, so they are closed now, and
    // its next ones run over the network it stays on.
    private async Task LeavePrivateDatabaseAsync(SwitchContext context, string network, CancellationToken cancellation)
    {
        if (database is null)
            return;
        await context.Steps.RunAsync("Take the database from it again", async () =>
        {
            var container = await context.Engine.InspectContainerAsync(context.NewId, cancellation).ConfigureAwait(false);
            // Without an address it has no session either.
            _ = IPAddress.TryParse(container?.On(network)?.Address, out var address);
            return $"{await LeaveAsync(context, database, network, address, cancellation).ConfigureAwait(false)} sessions closed";
        }).ConfigureAwait(false);
    }

    // A pool begins another session whenever it is asked for one, also between the last look and the disconnection: that one the server
    // shows afterwards, and its client would wait on it for ever. The network comes back for as long as it takes to end it.
    private static async Task<int> LeaveAsync(SwitchContext context, SharedDatabase database, string network, IPAddress? client, CancellationToken cancellation)
    {
        var ended = 0;
        for (var attempt = 1; ; attempt++)
        {
            ended += client is null ? 0 : await PostgresSessions.EndAsync(database.Server, client, begunBefore: null, cancellation).ConfigureAwait(false);
            await context.Engine.DisconnectNetworkAsync(network, database.ContainerId, cancellation).ConfigureAwait(false);
            if (client is null || attempt == Attempts || !await PostgresSessions.AnyAsync(database.Server, client, cancellation).ConfigureAwait(false))
                return ended;
            await JoinAsync(context, database, network, cancellation).ConfigureAwait(false);
        }
    }

    private static Task JoinAsync(SwitchContext context, SharedDatabase database, string network, CancellationToken cancellation) =>
        context.Engine.ConnectNetworkAsync(network, database.ContainerId, new JsonObject { ["Aliases"] = new JsonArray(database.Alias) }, cancellation);

    // What the old container had open it can no longer close: its transactions would hold their locks.
    private async Task EndSessionsOfOldAsync(SwitchContext context, CancellationToken cancellation)
    {
        if (database is null)
            return;
        await context.Steps.RunAsync("Close the old container's sessions", async () =>
        {
            var ended = 0;
            foreach (var address in _addressesOfOld)
                ended += await PostgresSessions.EndAsync(database.Server, address, _handedOver, cancellation).ConfigureAwait(false);
            return $"{ended} sessions closed";
        }).ConfigureAwait(false);
    }

    // The outage: between the first disconnection and the last connection nobody holds the host port.
    private async Task<string?> HandOverAsync(SwitchContext context, CancellationToken cancellation)
    {
        // Once begun it is gone through with: a stop in the middle would only make the outage longer.
        cancellation.ThrowIfCancellationRequested();
        _handedOver = DateTimeOffset.UtcNow;
        foreach (var (network, _) in _networks)
            await context.Engine.DisconnectNetworkAsync(network, context.OldId, CancellationToken.None).ConfigureAwait(false);
        foreach (var (network, endpoint) in _networks)
            await context.Engine.ConnectNetworkAsync(network, context.NewId, endpoint, CancellationToken.None).ConfigureAwait(false);
        await context.Engine.UnpauseContainerAsync(context.NewId, CancellationToken.None).ConfigureAwait(false);
        return null;
    }

    // What was done of the handing over may be a part of it, so each side is looked at first.
    private async Task HandBackAsync(SwitchContext context)
    {
        var taken = await NetworksOfAsync(context, context.NewId).ConfigureAwait(false);
        foreach (var (network, _) in _networks.Where(network => taken.Contains(network.Network)))
            await context.Engine.DisconnectNetworkAsync(network, context.NewId, CancellationToken.None).ConfigureAwait(false);
        try
        {
            await ReconnectOldAsync(context).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            // An Engine 20.10 that is restarted in the middle starts both containers once more: it leaves the new one the host port although
            // that is on none of the networks, and publishes the old one's only at its next start. The new one goes in a moment anyway.
            await context.Engine.RemoveContainerAsync(context.NewId, CancellationToken.None).ConfigureAwait(false);
            await ReconnectOldAsync(context).ConfigureAwait(false);
            await context.Engine.RestartContainerAsync(context.OldId, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task ReconnectOldAsync(SwitchContext context)
    {
        var given = await NetworksOfAsync(context, context.OldId).ConfigureAwait(false);
        foreach (var (network, endpoint) in _networks.Where(network => !given.Contains(network.Network)))
            await context.Engine.ConnectNetworkAsync(network, context.OldId, endpoint, CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task<HashSet<string>> NetworksOfAsync(SwitchContext context, string id)
    {
        var container = await context.Engine.InspectContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        return [.. (container?.Networks ?? []).Select(each => each.Network)];
    }

    private static async Task<Uri> PrivateEndpointAsync(SwitchContext context, string network, CancellationToken cancellation)
    {
        var container = await context.Engine.InspectContainerAsync(context.NewId, cancellation).ConfigureAwait(false);
        // One that has ended at once has no address; the gate then says how it ended.
        return container is null ? new Uri("http://localhost:8888") : ContainerEndpoint.On(container, network) ?? new Uri("http://localhost:8888");
    }

    private static async Task RemovePrivateNetworkAsync(SwitchContext context)
    {
        var network = SwitchNames.Network(context.Name, context.Id);
        foreach (var id in (await context.Engine.InspectNetworkAsync(network, CancellationToken.None).ConfigureAwait(false))?.Members ?? [])
            await context.Engine.DisconnectNetworkAsync(network, id, CancellationToken.None).ConfigureAwait(false);
        await context.Engine.RemoveNetworkAsync(network, CancellationToken.None).ConfigureAwait(false);
    }
}
