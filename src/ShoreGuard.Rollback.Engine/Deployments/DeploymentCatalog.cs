using System.Runtime.CompilerServices;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>Finds ShoreGuard's containers and describes them.</summary>
public static class DeploymentCatalog
{
    /// <summary>The deployments that are meant, each as soon as it has been described.</summary>
    /// <param name="query">Which.</param>
    /// <param name="onMissing">Is told of each that was named and is not there, <c>DeploymentNotFound</c>.</param>
    /// <param name="cancellation">Stops it.</param>
    public static IAsyncEnumerable<Deployment> FindAsync(DeploymentQuery query, Action<ShoreGuardException> onMissing, CancellationToken cancellation) =>
        query.Names.Count > 0 ? FindByNameAsync(query, onMissing, cancellation) : FindByProjectAsync(query, onMissing, cancellation);

    private static async IAsyncEnumerable<Deployment> FindByNameAsync(
        DeploymentQuery query, Action<ShoreGuardException> onMissing, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var name in query.Names)
        {
            if (NamePattern.IsPattern(name))
            {
                var matches = NamePattern.AnyOf([name]);
                await foreach (var deployment in FindAsync(query.Service, query.DockerHost, cancellation).ConfigureAwait(false))
                {
                    if (matches(deployment.Name))
                        yield return deployment;
                }
            }
            else if (await TryGetAsync(name, query.DockerHost, onMissing, cancellation).ConfigureAwait(false) is { } named)
            {
                yield return named;
            }
        }
    }

    private static async Task<Deployment?> TryGetAsync(string name, string? dockerHost, Action<ShoreGuardException> onMissing, CancellationToken cancellation)
    {
        try
        {
            return await GetAsync(name, dockerHost, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.DeploymentNotFound))
        {
            onMissing(error);
            return null;
        }
    }

    private static async IAsyncEnumerable<Deployment> FindByProjectAsync(
        DeploymentQuery query, Action<ShoreGuardException> onMissing, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var matches = NamePattern.AnyOf(query.Projects is [] ? ["*"] : query.Projects);
        var found = 0;
        await foreach (var deployment in FindAsync(query.Service, query.DockerHost, cancellation).ConfigureAwait(false))
        {
            if (!matches(deployment.Project ?? ""))
                continue;
            found++;
            yield return deployment;
        }
        if (found == 0 && query.Projects is not [] && !query.Projects.Any(NamePattern.IsPattern))
            onMissing(Errors.DeploymentNotFound(string.Join(", ", query.Projects), $"in the Compose project '{string.Join("', '", query.Projects)}' with "
                + $"the service '{query.Service}'", DockerEndpoint.Resolve(query.DockerHost).ToString()));
    }

    /// <summary>The containers of a Compose service, running or not, in the order of their names.</summary>
    public static async IAsyncEnumerable<Deployment> FindAsync(string service, string? dockerHost, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        var ids = await engine.ListContainersAsync([$"{ComposeLabels.Service}={service}"], cancellation).ConfigureAwait(false);
        // A container can vanish between the list and the look.
        var looked = await Concurrently.SelectAllAsync(ids, engine.InspectContainerAsync, cancellation).ConfigureAwait(false);
        var containers = looked.OfType<ContainerView>().Where(IsDeployment).ToList();
        var imageIds = containers.Select(container => container.ImageId).Distinct(StringComparer.Ordinal).ToList();
        var inspected = await Concurrently.SelectAllAsync(imageIds, engine.InspectImageAsync, cancellation).ConfigureAwait(false);
        var images = imageIds.Zip(inspected).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
        var names = containers.Select(container => container.Name).ToHashSet(StringComparer.Ordinal);
        // A label that the image alone has makes no deployment.
        foreach (var container in containers.Where(container => container.WithoutBakedLabels(images[container.ImageId]).Label(ComposeLabels.Service) == service
            && !IsShadowed(container.Name, names)).OrderBy(container => container.Name, StringComparer.Ordinal))
            yield return await DescribeAsync(engine, container, images[container.ImageId], cancellation).ConfigureAwait(false);
    }

    /// <summary>The Compose projects that have the service.</summary>
    public static async Task<IReadOnlyList<string>> ListProjectsAsync(string service, string? dockerHost, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        return [.. (await engine.ListLabelAsync(ComposeLabels.Project, $"{ComposeLabels.Service}={service}", cancellation).ConfigureAwait(false))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>The names of the service's containers.</summary>
    public static async Task<IReadOnlyList<string>> ListNamesAsync(string service, string? dockerHost, CancellationToken cancellation)
    {
        var names = new List<string>();
        await foreach (var deployment in FindAsync(service, dockerHost, cancellation).ConfigureAwait(false))
            names.Add(deployment.Name);
        return names;
    }

    /// <summary>The images that the service's containers were made from.</summary>
    public static async Task<IReadOnlyList<string>> ListImagesAsync(string service, string? dockerHost, CancellationToken cancellation)
    {
        var images = new List<string>();
        await foreach (var deployment in FindAsync(service, dockerHost, cancellation).ConfigureAwait(false))
            images.Add(deployment.Image);
        return [.. images.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>One container by name or id.</summary>
    /// <exception cref="ShoreGuardException"><c>DeploymentNotFound</c>.</exception>
    public static async Task<Deployment> GetAsync(string nameOrId, string? dockerHost, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        return await GetAsync(engine, nameOrId, cancellation).ConfigureAwait(false);
    }

    internal static async Task<Deployment> GetAsync(IContainerEngine engine, string nameOrId, CancellationToken cancellation)
    {
        var container = await engine.InspectContainerAsync(nameOrId, cancellation).ConfigureAwait(false)
            ?? throw Errors.DeploymentNotFound(nameOrId, $"named '{nameOrId}'", engine.Host);
        var image = await engine.InspectImageAsync(container.ImageId, cancellation).ConfigureAwait(false);
        return await DescribeAsync(engine, container, image, cancellation).ConfigureAwait(false);
    }

    internal static async Task<Deployment> DescribeAsync(IContainerEngine engine, ContainerView container, ImageView? image, CancellationToken cancellation)
    {
        var owner = SharedNamespaces.NetworkOwner(container) is { } id ? await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) : null;
        return Describe(container, image, engine.Host, owner);
    }

    internal static bool IsDeployment(ContainerView container) =>
        !string.Equals(container.Label(ComposeLabels.OneOff), "true", StringComparison.OrdinalIgnoreCase);

    // Of a switch, only the container that has the deployment's name is the deployment. After a kill there may be none of that
    // name; then the old one stands for it, so that the next call can put it back.
    private static bool IsShadowed(string name, HashSet<string> names) =>
        SwitchNames.Parse(name) is var (deployment, role, _) && (role != "old" || names.Contains(deployment));

    internal static Deployment Describe(ContainerView container, ImageView? image, string dockerHost, ContainerView? networkOwner = null)
    {
        var reference = container.ImageName ?? container.ImageId;
        var (uri, route) = ContainerEndpoint.Find(container, networkOwner, dockerHost);
        var own = container.WithoutBakedLabels(image);
        return new Deployment
        {
            Name = container.Name,
            ContainerId = container.Id,
            Project = own.Label(ComposeLabels.Project),
            Service = own.Label(ComposeLabels.Service),
            Image = reference,
            ImageId = container.ImageId,
            Digest = image is null ? null : DigestOf(image, reference),
            Identity = image is null ? null : BakedIdentity.Read(image, reference),
            State = container.Status ?? "unknown",
            Health = container.Health,
            CreatedAt = container.CreatedAt,
            StartedAt = container.StartedAt,
            Uri = uri,
            Route = route,
            Database = DeploymentDatabase.Locate(container),
            ComposeFiles = own.Paths(ComposeLabels.ConfigFiles),
            ComposeDirectory = own.Label(ComposeLabels.WorkingDirectory),
            EnvironmentFiles = own.Paths(ComposeLabels.EnvironmentFiles),
            DiscoveryEnabled = Discovery.IsEnabled(container),
            DockerHost = dockerHost,
        };
    }

    /// <summary>The registry's digest of an image: the one of the reference's repository, else any.</summary>
    internal static string? DigestOf(ImageView image, string reference)
    {
        var digests = image.RepoDigests;
        var repository = ImageReference.TryParse(reference)?.Repository;
        var own = digests.FirstOrDefault(digest => repository is not null && digest.StartsWith(repository + "@", StringComparison.Ordinal));
        return (own ?? (digests.Count > 0 ? digests[0] : null))?.Split('@')[^1];
    }
}
