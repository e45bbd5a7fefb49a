using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Whose schema is read, and what it is held against.</summary>
public sealed record SchemaRequest
{
    /// <summary>The deployment, whose database and image are read; null when another one of these is given.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>The image that is read; null when another one of these is given.</summary>
    public string? Image { get; init; }
    /// <summary>The database that is read, where neither is given.</summary>
    public required DatabaseRequest Database { get; init; }
    /// <summary>The image to hold it against; null for none.</summary>
    public string? CompareTo { get; init; }
    /// <summary>The engine; null for the deployment's, or the default one.</summary>
    public string? DockerHost { get; init; }
}

/// <summary>Reads schemas: the revisions of databases and the migrations of images.</summary>
public static class SchemaInspection
{
    /// <summary>Reads. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>ImageNotHere</c>, <c>MigrationsUnreadable</c>, and those of a database that cannot be found, reached
    /// or read.</exception>
    public static async Task<SchemaReport> RunAsync(SchemaRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = request is { Deployment: null, Image: null, CompareTo: null } ? null
            : await ContainerEngines.ConnectAsync(request.Deployment?.DockerHost ?? request.DockerHost, cancellation).ConfigureAwait(false);
        var report = request switch
        {
            { Deployment: { } deployment } => await OfDeploymentAsync(engine!, deployment, request.Database, reporter, cancellation).ConfigureAwait(false),
            { Image: { } image } => await OfImageAsync(engine!, image, cancellation).ConfigureAwait(false),
            _ => await OfDatabaseAsync(request.Database, reporter, cancellation).ConfigureAwait(false),
        };
        if (request.CompareTo is not { } other)
            return report;
        var (_, graph) = await ReadImageAsync(engine!, other, cancellation).ConfigureAwait(false);
        return report with { Comparison = report.Compare(other, graph) };
    }

    /// <summary>The revisions that an image knows, newest first.</summary>
    /// <exception cref="ShoreGuardException"><c>ImageNotHere</c>, <c>MigrationsUnreadable</c>.</exception>
    public static async Task<IReadOnlyList<string>> ListRevisionsAsync(string image, string? dockerHost, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        var (_, graph) = await ReadImageAsync(engine, image, cancellation).ConfigureAwait(false);
        return [.. graph.Migrations.Select(migration => migration.Revision)];
    }

    private static async Task<SchemaReport> OfDeploymentAsync(
        IContainerEngine engine, Deployment deployment, DatabaseRequest database, IReporter reporter, CancellationToken cancellation)
    {
        // By its id: the tag of a container's image may have moved since.
        var image = await engine.InspectImageAsync(deployment.ImageId, cancellation).ConfigureAwait(false)
            ?? throw Errors.ImageGone(deployment.Name, deployment.ImageId);
        var graph = await MigrationProbe.ReadAsync(engine, deployment.Image, image, cancellation).ConfigureAwait(false);
        var report = await OfDatabaseAsync(database, reporter, cancellation).ConfigureAwait(false) with
        {
            Name = deployment.Name,
            Image = deployment.Image,
            ImageId = deployment.ImageId,
            Graph = graph,
            Deployment = deployment,
        };
        return report with { Own = report.Compare(deployment.Image, graph) };
    }

    private static async Task<SchemaReport> OfImageAsync(IContainerEngine engine, string image, CancellationToken cancellation)
    {
        var (description, graph) = await ReadImageAsync(engine, image, cancellation).ConfigureAwait(false);
        return new() { Name = image, Image = image, ImageId = description.Id, Graph = graph, CheckedAt = DateTimeOffset.UtcNow };
    }

    private static async Task<SchemaReport> OfDatabaseAsync(DatabaseRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var access = await DatabaseAccess.OpenAsync(request, reporter, cancellation).ConfigureAwait(false);
        var revisions = await access.Database.ReadRevisionsAsync(cancellation).ConfigureAwait(false);
        return new() { Name = access.Database.Name, Database = access.Database.Name, Revisions = revisions, CheckedAt = DateTimeOffset.UtcNow };
    }

    /// <summary>An image that is on the engine, and its migrations. Never pulls: that is for those who ask to change something.</summary>
    internal static async Task<(ImageView Description, MigrationGraph Graph)> ReadImageAsync(
        IContainerEngine engine, string image, CancellationToken cancellation)
    {
        var description = await engine.InspectImageAsync(image, cancellation).ConfigureAwait(false) ?? throw Errors.ImageNotHere(image, engine.Host);
        return (description, await MigrationProbe.ReadAsync(engine, image, description, cancellation).ConfigureAwait(false));
    }
}
