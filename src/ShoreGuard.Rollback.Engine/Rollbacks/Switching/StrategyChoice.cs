using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Switching;

/// <summary>The strategy for a container, and why.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Reason">Why, for the plan and the result.</param>
/// <param name="DatabaseContainer">HotSwap: the database's container, which has to be reachable on the private network as well.</param>
/// <param name="DatabaseName">HotSwap: the name under which the application knows it.</param>
internal sealed record StrategyChoice(SwitchStrategy Kind, string Reason, string? DatabaseContainer = null, string? DatabaseName = null)
{
    public ISwitchStrategy Create() => Kind == SwitchStrategy.HotSwap ? new HotSwapStrategy(DatabaseContainer, DatabaseName) : new RecreateStrategy();

    /// <summary>Chooses by topology, or checks whether what was asked for can be done.</summary>
    /// <exception cref="ShoreGuardException"><c>StrategyImpossible</c>.</exception>
    public static async Task<StrategyChoice> MakeAsync(DockerEngine engine, JsonObject container, Deployment deployment, SwitchStrategy wanted, CancellationToken cancellation)
    {
        if (wanted == SwitchStrategy.Recreate)
            return new(SwitchStrategy.Recreate, "asked for");
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
            ? new(SwitchStrategy.HotSwap, "a host port is published, and PostgreSQL bears two instances", server.Id, url.Host)
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
