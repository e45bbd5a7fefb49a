using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>The way to a database, and to the application that uses it where a deployment was given.</summary>
internal sealed class DatabaseAccess : IDisposable
{
    private readonly DockerEngine? _engine;

    private DatabaseAccess(IDatabase database, ManagedApplication? application, DockerEngine? engine)
    {
        Database = database;
        Application = application;
        _engine = engine;
    }

    public IDatabase Database { get; }

    /// <summary>Null when no deployment was given.</summary>
    public ManagedApplication? Application { get; }

    /// <summary>Finds the way. Reads only.</summary>
    public static async Task<DatabaseAccess> OpenAsync(DatabaseRequest request, CancellationToken cancellation) =>
        request.Deployment is { } deployment
            ? await OpenAsync(deployment, cancellation).ConfigureAwait(false)
            : new(FromUrl(DatabaseUrl.Parse(request.EffectiveUrl()), request.BaseFolder), null, null);

    private static IDatabase FromUrl(DatabaseUrl url, string baseFolder) =>
        url.Kind == DatabaseKind.Sqlite
            ? new SqliteDatabase(Path.Combine(baseFolder, url.Database!), url.Redacted)
            : new PostgresDatabase(url, PostgresRoute.Direct(url));

    private static async Task<DatabaseAccess> OpenAsync(Deployment deployment, CancellationToken cancellation)
    {
        var engine = await DockerEngine.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        try
        {
            var container = await engine.InspectContainerAsync(deployment.ContainerId, cancellation).ConfigureAwait(false)
                ?? throw Errors.DeploymentGone(deployment.Name, engine.Host);
            var application = new ManagedApplication(engine, deployment, container);
            var url = DatabaseUrl.Parse(DeploymentDatabase.UrlText(container));
            IDatabase database = url.Kind == DatabaseKind.Sqlite
                ? FromMount(deployment, container, url)
                : new PostgresDatabase(url, await PostgresRoute.FindAsync(url, engine, container, cancellation).ConfigureAwait(false));
            return new(database, application, engine);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    private static SqliteDatabase FromMount(Deployment deployment, JsonObject container, DatabaseUrl url)
    {
        var inside = DeploymentDatabase.ContainerPath(container, url);
        var path = DeploymentDatabase.HostPath(container, inside) ?? throw Errors.DatabaseInsideContainer(deployment.Name, inside);
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            throw Errors.DatabaseNotReachable(deployment.Name, path);
        // A link in a volume is under the application's control and was made for the container's paths; here it may lead anywhere.
        for (var part = path; part is not null && part.Length > 1; part = Path.GetDirectoryName(part))
        {
            if (new FileInfo(part).LinkTarget is { } target && IsInsideMount(container, part))
                throw Errors.DatabaseIsLink(part, target);
        }
        return new(path, url.Redacted);
    }

    private static bool IsInsideMount(JsonObject container, string path) =>
        (container["Mounts"] as JsonArray ?? []).Any(mount =>
            mount?["Source"]?.GetValue<string>() is { Length: > 0 } source && path.StartsWith(source.TrimEnd('/') + "/", StringComparison.Ordinal));

    public void Dispose() => _engine?.Dispose();
}
