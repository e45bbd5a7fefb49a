using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>A switch whose process was killed: what is left of it, and the way out.</summary>
public sealed class InterruptedSwitch
{
    /// <summary>The label of the private network in which the old container's networks are remembered.</summary>
    internal const string NetworksLabel = "shoreguard.rollback.networks";

    private readonly string _id;
    private readonly ContainerView? _old;
    private readonly ContainerView? _new;
    private readonly NetworkView? _network;
    private readonly IReadOnlyList<(string Name, string Id)> _dependents;

    private InterruptedSwitch(
        string name, string id, ContainerView? old, ContainerView? @new, NetworkView? network, IReadOnlyList<(string Name, string Id)> dependents, bool held)
    {
        Name = name;
        _id = id;
        _old = old;
        _new = @new;
        _network = network;
        _dependents = dependents;
        HasHeld = held;
    }

    /// <summary>The deployment's name.</summary>
    public string Name { get; }

    /// <summary>The id of the old container; null when it is gone.</summary>
    internal string? OldId => _old?.Id;

    /// <summary>Whether the new build had passed its gate and was pinned: then the switch is finished, else it is undone.</summary>
    public bool HasHeld { get; }

    /// <summary>What will be done, as a sentence for a question.</summary>
    public string Description => HasHeld
        ? $"Finish the interrupted switch {_id} of {Name}: its new build had passed the gate; remove the old container"
        : $"Undo the interrupted switch {_id} of {Name}: put the old container back, and remove the new one";

    /// <summary>Looks for one; null when there is none. Changes nothing.</summary>
    internal static async Task<InterruptedSwitch?> FindAsync(IContainerEngine engine, string name, CancellationToken cancellation)
    {
        var names = await engine.ListNamesAsync($"{name}-shoreguard-", cancellation).ConfigureAwait(false);
        var id = names.Select(SwitchNames.Parse).Where(parsed => parsed?.Name == name).Select(parsed => parsed!.Value.Id).FirstOrDefault();
        var inPlace = await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false);
        if (id is null)
            return await FindRestAsync(engine, name, inPlace, cancellation).ConfigureAwait(false);
        var aside = await engine.InspectContainerAsync(SwitchNames.Old(name, id), cancellation).ConfigureAwait(false);
        var waiting = await engine.InspectContainerAsync(SwitchNames.New(name, id), cancellation).ConfigureAwait(false);
        var network = await engine.InspectNetworkAsync(SwitchNames.Network(name, id), cancellation).ConfigureAwait(false);
        var dependents = await FindDependentsAsync(engine, name, id, cancellation).ConfigureAwait(false);
        var (old, @new) = aside is null ? (inPlace, waiting) : (aside, waiting ?? inPlace);
        var held = aside is not null && inPlace is not null && waiting is null && SwitchNames.PinTells(id) && IsPinned(inPlace, engine.Host);
        return new(name, id, old, @new, network, dependents, held);
    }

    // A recovery that was killed itself may have got as far as the containers beside this one.
    private static async Task<InterruptedSwitch?> FindRestAsync(IContainerEngine engine, string name, ContainerView? inPlace, CancellationToken cancellation)
    {
        if (inPlace is null)
            return null;
        foreach (var user in await Dependent.UsersOfAsync(engine, inPlace, cancellation).ConfigureAwait(false))
        {
            if (SwitchNames.Parse(user.Name) is var (_, _, id))
                return new(name, id, inPlace, @new: null, network: null, await FindDependentsAsync(engine, name, id, cancellation).ConfigureAwait(false),
                    held: false);
        }
        return null;
    }

    // Those that were to be made anew with it have the same digits in their names.
    private static async Task<IReadOnlyList<(string Name, string Id)>> FindDependentsAsync(
        IContainerEngine engine, string name, string id, CancellationToken cancellation)
    {
        var names = await engine.ListNamesAsync("-shoreguard-", cancellation).ConfigureAwait(false);
        return [.. names.Select(SwitchNames.Parse).OfType<(string Name, string Role, string Id)>()
            .Where(parsed => parsed.Name != name && SwitchNames.SameId(parsed.Id, wasRunning: true) == SwitchNames.SameId(id, wasRunning: true))
            .Select(parsed => (parsed.Name, parsed.Id)).Distinct()];
    }

    /// <summary>Finishes or undoes it; nothing of it is left afterwards.</summary>
    internal Task RecoverAsync(IContainerEngine engine) => RecoverAsync(engine, HasHeld, beforeStart: () => Task.CompletedTask);

    /// <summary>Finishes or undoes it, whatever can be told from what is left: somebody else knows.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="held">Whether it is finished.</param>
    /// <param name="beforeStart">Done when the new build is away and the old one not started yet.</param>
    internal async Task RecoverAsync(IContainerEngine engine, bool held, Func<Task> beforeStart)
    {
        if (!held)
            await UndoAsync(engine, beforeStart).ConfigureAwait(false);
        if (_network is not null)
            await RemoveNetworkAsync(engine).ConfigureAwait(false);
        foreach (var (name, id) in _dependents)
            await (held ? engine.RemoveContainerAsync(SwitchNames.Old(name, id), CancellationToken.None) : PutBackAsync(engine, name, id))
                .ConfigureAwait(false);
        if (held && _old is not null)
            await StopAndRemoveAsync(engine, _old.Id).ConfigureAwait(false);
        if ((_old ?? _new) is { } container)
            PreparedPin.RemoveLeftOvers(DeploymentCatalog.Describe(container, image: null, engine.Host));
    }

    // Only now, since its namespaces are there again.
    private static async Task PutBackAsync(IContainerEngine engine, string name, string id)
    {
        await engine.RemoveContainerAsync(SwitchNames.New(name, id), CancellationToken.None).ConfigureAwait(false);
        if (await engine.InspectContainerAsync(SwitchNames.Old(name, id), CancellationToken.None).ConfigureAwait(false) is { } old)
        {
            await engine.RemoveContainerAsync(name, CancellationToken.None).ConfigureAwait(false);
            await engine.RenameContainerAsync(old.Id, name, CancellationToken.None).ConfigureAwait(false);
        }
        if (SwitchNames.WasRunning(id))
            await StartForGoodAsync(engine, name).ConfigureAwait(false);
    }

    // The killed process may have asked for its stop, which the engine goes on with: it still runs then, and ends a moment later.
    internal static async Task StartForGoodAsync(IContainerEngine engine, string container)
    {
        for (var look = 0; look < 10; look++)
        {
            await engine.StartContainerAsync(container, CancellationToken.None).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromMilliseconds(200), engine.Clock).ConfigureAwait(false);
        }
    }

    private async Task UndoAsync(IContainerEngine engine, Func<Task> beforeStart)
    {
        // First of all, so that nobody is without: but not while the new one may hold the host port.
        var isPublished = _new is { IsPublished: true };
        if (!isPublished)
            await ReconnectAsync(engine).ConfigureAwait(false);
        if (_new is not null)
            await StopAndRemoveAsync(engine, _new.Id).ConfigureAwait(false);
        if (_old is null)
            return;
        if (isPublished)
            await ReconnectAsync(engine).ConfigureAwait(false);
        var id = _old.Id;
        if (_old.Name != Name)
            await engine.RenameContainerAsync(id, Name, CancellationToken.None).ConfigureAwait(false);
        await beforeStart().ConfigureAwait(false);
        if (SwitchNames.WasRunning(_id))
            await StartForGoodAsync(engine, id).ConfigureAwait(false);
    }

    // Either may serve at this moment, and is to finish what it was asked.
    private static async Task StopAndRemoveAsync(IContainerEngine engine, string id)
    {
        await engine.StopContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        await engine.RemoveContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
    }

    // HotSwap has written the old container's networks down. BlueGreen, and HotSwap when it was about to finish, take them from the old
    // one only when the new one has them all, which is then the one to remember them.
    private async Task ReconnectAsync(IContainerEngine engine)
    {
        if (_old is null)
            return;
        var networks = _network is not null ? NetworksOf(_network) : _new is null ? [] : ContainerRecipe.NetworksOf(_new);
        await NetworkAliases.GiveAsync(engine, _old.Id, networks).ConfigureAwait(false);
    }

    /// <summary>The networks of the old container, as a private network's label has them; none of another's, or of one that is not there.</summary>
    internal static IReadOnlyList<(string Network, JsonObject Endpoint)> NetworksOf(NetworkView? network) =>
        [.. (JsonNode.Parse(network?.Label(NetworksLabel) ?? "{}") as JsonObject ?? []).Select(each => (each.Key, each.Value as JsonObject ?? []))];

    private async Task RemoveNetworkAsync(IContainerEngine engine)
    {
        var network = SwitchNames.Network(Name, _id);
        var now = await engine.InspectNetworkAsync(network, CancellationToken.None).ConfigureAwait(false);
        foreach (var member in now?.Members ?? [])
            await engine.DisconnectNetworkAsync(network, member, CancellationToken.None).ConfigureAwait(false);
        await engine.RemoveNetworkAsync(network, CancellationToken.None).ConfigureAwait(false);
    }

    // The pin is written after the gate and before anything of the old container goes: it tells the two apart.
    private static bool IsPinned(ContainerView container, string dockerHost)
    {
        var deployment = DeploymentCatalog.Describe(container, image: null, dockerHost);
        try
        {
            return ImageReference.TryParse(deployment.Image) is { } image
                && ComposePin.Find(deployment, image, PinTarget.Auto, isNamed: true, out _)?.IsWritten() == true;
        }
        catch (Exception error) when (error is ShoreGuardException or IOException or UnauthorizedAccessException)
        {
            return false; // The Compose file is gone or broken; the rollback itself will say so.
        }
    }
}
