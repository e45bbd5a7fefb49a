using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>The strategy for a container, and why.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Reason">Why, for the plan and the result.</param>
/// <param name="Database">The database's server, where it is a container; null for SQLite.</param>
internal sealed record StrategyChoice(SwitchStrategy Kind, string Reason, SharedDatabase? Database = null)
{
    public ISwitchStrategy Create() => Kind switch
    {
        SwitchStrategy.HotSwap => new HotSwapStrategy(Database),
        SwitchStrategy.BlueGreen => new BlueGreenStrategy(Database),
        _ => new RecreateStrategy(),
    };

    /// <summary>Chooses by topology, or checks whether what was asked for can be done.</summary>
    /// <exception cref="ShoreGuardException"><c>StrategyImpossible</c>.</exception>
    public static async Task<StrategyChoice> MakeAsync(
        IContainerEngine engine, ContainerView container, Deployment deployment, bool hasDependents, SwitchStrategy wanted, CancellationToken cancellation)
    {
        if (wanted == SwitchStrategy.Recreate)
            return new(SwitchStrategy.Recreate, "asked for");
        var kind = wanted != SwitchStrategy.Auto ? wanted : PublishedPorts.Any(container) ? SwitchStrategy.HotSwap : SwitchStrategy.BlueGreen;
        // A namespace has one owner at a time, and goes with it.
        if (hasDependents)
            return Without("containers share its namespaces");
        if (SharedNamespaces.Of(container).Count > 0)
            return Without("it shares the namespaces of another container");
        if (Obstacle(container, deployment, kind) is { } obstacle)
            return Without(obstacle);
        if (deployment.Database.Kind == DatabaseKind.Sqlite)
        {
            return wanted == kind
                ? new(kind, "asked for, although two instances have the SQLite file open for a while")
                : Without("two instances are not wanted on one SQLite file");
        }
        var url = await LibpqVariables.ReadAsync(engine, container, cancellation).ConfigureAwait(false);
        SharedDatabase? shared;
        try
        {
            var route = await PostgresRoute.FindAsync(url, engine, container, cancellation).ConfigureAwait(false);
            shared = route.Container is { } server ? new SharedDatabase(server.Id, url.Host!, new PostgresServer(url, route)) : null;
        }
        catch (ShoreGuardException error) when (error.Id is nameof(Errors.ServerNotReachable) or nameof(Errors.ServerAmbiguous))
        {
            return Without(Errors.Finding(error));
        }
        if (kind == SwitchStrategy.BlueGreen)
            return new(kind,
                $"no host port is published, so that it is found by its alias {AliasOf(container, deployment)}, and PostgreSQL bears two instances", shared);
        return shared is not null
            ? new(kind, "a host port is published, and PostgreSQL bears two instances", shared)
            : Without("its database is not a container that could be reached on a private network");

        StrategyChoice Without(string reason) => wanted == kind
            ? throw Errors.StrategyImpossible(deployment.Name, wanted, reason)
            : new(SwitchStrategy.Recreate, reason);
    }

    private static string? Obstacle(ContainerView container, Deployment deployment, SwitchStrategy kind)
    {
        if (!deployment.IsRunning)
            return "the container is stopped";
        if (DeploymentDatabase.PlaceOf(container) == SqlitePlace.MountedAlone)
            return "its SQLite file is mounted without its folder, so that neither of two instances would see the other's WAL";
        // Between two of its starts it is on no network, and nobody is served at any rate.
        if (container.IsCrashing)
            return "it is restarted again and again";
        if (container.NetworkMode is { } mode && (mode is "host" or "none" || mode.StartsWith("container:", StringComparison.Ordinal)))
            return $"its network mode is {mode}";
        if (ChosenAddresses.Of(container, deployment).Count > 0)
            return "it has a MAC address of its own, which the engine takes when a container is created and not when it is connected again";
        if (kind == SwitchStrategy.HotSwap && !PublishedPorts.Any(container))
            return "no host port is published";
        if (kind == SwitchStrategy.BlueGreen && BlueGreenObstacle(container, deployment) is { } obstacle)
            return obstacle;
        if (ContainerRecipe.NetworksOf(container).Count == 0)
            return $"its network mode is {container.NetworkMode}";
        // The application is asked through the engine then; the database's sessions are ended over a connection of our own.
        return deployment.Database.Kind == DatabaseKind.Sqlite || ContainerEndpoint.IsNear(container)
            ? null
            : "its network's bridge is not on this machine, so its database cannot be reached from here";
    }

    // Both containers are on the user's networks at the same time, and one alone can have what is fixed.
    private static string? BlueGreenObstacle(ContainerView container, Deployment deployment)
    {
        if (PublishedPorts.Any(container))
            return "a host port is published, which one container alone can hold";
        if (AliasOf(container, deployment) is null)
            return "no host port is published, and it has no network alias by which a proxy could find it";
        var isFixed = ContainerRecipe.NetworksOf(container)
            .Any(network => network.Endpoint.Text("IPAMConfig", "IPv4Address") is not null || network.Endpoint.Text("IPAMConfig", "IPv6Address") is not null);
        return isFixed || container.MacAddress is not null ? "its address is fixed, and one container alone can have that" : null;
    }

    // Compose gives the container's own name as an alias too.
    private static string? AliasOf(ContainerView container, Deployment deployment)
    {
        var aliases = ContainerRecipe.NetworksOf(container).SelectMany(network => NetworkAliases.AliasesOf(network.Endpoint)).ToArray();
        return deployment.Service is { } service && aliases.Contains(service) ? service : aliases.FirstOrDefault();
    }
}

/// <summary>A PostgreSQL server in a container, which both builds use for a while.</summary>
/// <param name="ContainerId">Its container.</param>
/// <param name="Alias">The name under which the application knows it.</param>
/// <param name="Server">How it is reached from here.</param>
internal sealed record SharedDatabase(string ContainerId, string Alias, PostgresServer Server);
