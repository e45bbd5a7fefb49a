using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Switching;

/// <summary>The strategy for a container, and why.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Reason">Why, for the plan and the result.</param>
/// <param name="Database">HotSwap: the database's server, which has to be reachable on the private network as well; null for SQLite.</param>
internal sealed record StrategyChoice(SwitchStrategy Kind, string Reason, SharedDatabase? Database = null)
{
    public ISwitchStrategy Create() => Kind == SwitchStrategy.HotSwap ? new HotSwapStrategy(Database) : new RecreateStrategy();

    /// <summary>Chooses by topology, or checks whether what was asked for can be done.</summary>
    /// <exception cref="ShoreGuardException"><c>StrategyImpossible</c>.</exception>
    public static async Task<StrategyChoice> MakeAsync(
        DockerEngine engine, JsonObject container, Deployment deployment, bool hasDependents, SwitchStrategy wanted, CancellationToken cancellation)
    {
        if (wanted == SwitchStrategy.Recreate)
            return new(SwitchStrategy.Recreate, "asked for");
        // A namespace has one owner at a time, and goes with it.
        if (hasDependents)
            return Without("containers share its namespaces");
        if (SharedNamespaces.Of(container).Count > 0)
            return Without("it shares the namespaces of another container");
        if (Obstacle(container, deployment) is { } obstacle)
            return Without(obstacle);
        if (deployment.Database.Kind == DatabaseKind.Sqlite)
        {
            return wanted == SwitchStrategy.HotSwap
                ? new(SwitchStrategy.HotSwap, "asked for, although two instances have the SQLite file open for a while")
                : Without("two instances are not wanted on one SQLite file");
        }
        var url = DatabaseUrl.Parse(DeploymentDatabase.UrlText(container));
        var route = await PostgresRoute.FindAsync(url, engine, container, cancellation).ConfigureAwait(false);
        return route.Container is { } server
            ? new(SwitchStrategy.HotSwap, "a host port is published, and PostgreSQL bears two instances", new(server.Id, url.Host!, new PostgresServer(url, route)))
            : Without("its database is not a container that could be reached on a private network");

        StrategyChoice Without(string reason) => wanted == SwitchStrategy.HotSwap
            ? throw Errors.StrategyImpossible(deployment.Name, wanted, reason)
            : new(SwitchStrategy.Recreate, reason);
    }

    private static string? Obstacle(JsonObject container, Deployment deployment)
    {
        if (!deployment.IsRunning)
            return "the container is stopped";
        if (container.At("HostConfig", "PortBindings") is not JsonObject { Count: > 0 })
            return "no host port is published";
        if (ContainerRecipe.NetworksOf(container).Count == 0)
            return $"its network mode is {container.Text("HostConfig", "NetworkMode")}";
        return Uri.TryCreate(deployment.DockerHost, UriKind.Absolute, out var host) && host.Scheme == "unix" && OperatingSystem.IsLinux()
            ? null
            : "the addresses of the engine's containers cannot be reached from here";
    }
}

/// <summary>A PostgreSQL server in a container, which both builds use for a while.</summary>
/// <param name="ContainerId">Its container.</param>
/// <param name="Alias">The name under which the application knows it.</param>
/// <param name="Server">How it is reached from here.</param>
internal sealed record SharedDatabase(string ContainerId, string Alias, PostgresServer Server);
