using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>The way to a database, and to the application that uses it where a deployment was given.</summary>
internal sealed class DatabaseAccess : IDisposable
{
    private readonly IContainerEngine? _engine;
    private readonly PostgresRelay? _relay;
    private readonly CertificateFiles? _certificates;

    private DatabaseAccess(
        IDatabase database, ManagedApplication? application = null, IContainerEngine? engine = null, PostgresRelay? relay = null,
        CertificateFiles? certificates = null)
    {
        Database = database;
        Application = application;
        _engine = engine;
        _relay = relay;
        _certificates = certificates;
    }

    public IDatabase Database { get; }

    /// <summary>Null when no deployment was given.</summary>
    public ManagedApplication? Application { get; }

    /// <summary>Finds the way. Changes nothing.</summary>
    public static async Task<DatabaseAccess> OpenAsync(DatabaseRequest request, IReporter reporter, CancellationToken cancellation)
    {
        if (request.Deployment is { } deployment)
            return await OpenAsync(deployment, request, reporter, cancellation).ConfigureAwait(false);
        var url = DatabaseUrl.Parse(request.EffectiveUrl());
        return request.Transport == DatabaseTransport.Container
            ? throw Errors.ContainerTransportNeedsDeployment(url.Redacted)
            : new(FromUrl(url, request.BaseFolder));
    }

    private static IDatabase FromUrl(DatabaseUrl url, string baseFolder) =>
        url.Kind == DatabaseKind.Sqlite
            ? new SqliteDatabase(Path.Combine(baseFolder, url.Database!), url.Redacted)
            : new PostgresDatabase(url, PostgresRoute.Direct(url));

    private static async Task<DatabaseAccess> OpenAsync(Deployment deployment, DatabaseRequest request, IReporter reporter, CancellationToken cancellation)
    {
        var engine = await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        CertificateFiles? certificates = null;
        try
        {
            var container = await engine.InspectContainerAsync(deployment.ContainerId, cancellation).ConfigureAwait(false);
            if (container is null && request.AcceptsSuccessor
                && (container = await engine.InspectContainerAsync(deployment.Name, cancellation).ConfigureAwait(false)) is not null)
                deployment = await DeploymentCatalog.GetAsync(engine, deployment.Name, cancellation).ConfigureAwait(false);
            if (container is null)
                throw Errors.DeploymentGone(deployment.Name, engine.Host);
            var application = new ManagedApplication(engine, deployment, container);
            var url = await LibpqVariables.ReadAsync(engine, container, cancellation).ConfigureAwait(false);
            if (url.Kind == DatabaseKind.Sqlite)
                return new(await SqliteTransport.FindAsync(engine, deployment, container, url, request.Transport, reporter, cancellation).ConfigureAwait(false),
                    application, engine);
            certificates = await CertificateFiles.BringAsync(url, engine, container, cancellation).ConfigureAwait(false);
            url = certificates.Url;
            var route = await PostgresRoute.FindAsync(url, engine, container, cancellation).ConfigureAwait(false);
            var relay = await PostgresRelay.OpenIfNeededAsync(route, request.Transport, (deployment.Name, container), url, reporter, cancellation)
                .ConfigureAwait(false);
            return new(new PostgresDatabase(url, relay?.Route ?? route), application, engine, relay, certificates);
        }
        catch
        {
            certificates?.Dispose();
            engine.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // Its container is removed by the engine, which takes a moment; off this thread, which may be one that others wait for.
        if (_relay is not null)
            Task.Run(() => _relay.DisposeAsync().AsTask()).GetAwaiter().GetResult();
        _certificates?.Dispose();
        _engine?.Dispose();
    }
}
