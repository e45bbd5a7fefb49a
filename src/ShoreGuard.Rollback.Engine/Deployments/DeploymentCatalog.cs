using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>Finds ShoreGuard's containers and describes them.</summary>
public static class DeploymentCatalog
{
    /// <summary>The containers of a Compose service, running or not, in the order of their names.</summary>
    public static async IAsyncEnumerable<Deployment> FindAsync(string service, string? dockerHost, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var engine = await DockerEngine.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        var ids = await engine.ListContainersAsync([$"{ComposeLabels.Service}={service}"], cancellation).ConfigureAwait(false);
        // A container can vanish between the list and the look.
        var looked = await Concurrently.SelectAllAsync(ids, engine.InspectContainerAsync, cancellation).ConfigureAwait(false);
        var containers = looked.OfType<JsonObject>().Where(IsDeployment).ToList();
        var imageIds = containers.Select(ImageIdOf).Distinct(StringComparer.Ordinal).ToList();
        var inspected = await Concurrently.SelectAllAsync(imageIds, engine.InspectImageAsync, cancellation).ConfigureAwait(false);
        var images = imageIds.Zip(inspected).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
        var names = containers.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        foreach (var container in containers.Where(container => !IsShadowed(NameOf(container), names)).OrderBy(NameOf, StringComparer.Ordinal))
            yield return await DescribeAsync(engine, container, images[ImageIdOf(container)], cancellation).ConfigureAwait(false);
    }

    /// <summary>The Compose projects that have the service.</summary>
    public static async Task<IReadOnlyList<string>> ListProjectsAsync(string service, string? dockerHost, CancellationToken cancellation)
    {
        using var engine = await DockerEngine.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        return [.. (await engine.ListLabelAsync(ComposeLabels.Project, $"{ComposeLabels.Service}={service}", cancellation).ConfigureAwait(false)).Order(StringComparer.Ordinal)];
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
        using var engine = await DockerEngine.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        return await GetAsync(engine, nameOrId, cancellation).ConfigureAwait(false);
    }

    internal static async Task<Deployment> GetAsync(DockerEngine engine, string nameOrId, CancellationToken cancellation)
    {
        var container = await engine.InspectContainerAsync(nameOrId, cancellation).ConfigureAwait(false)
            ?? throw Errors.DeploymentNotFound($"named '{nameOrId}'", engine.Host);
        var image = await engine.InspectImageAsync(container.Text("Image") ?? "", cancellation).ConfigureAwait(false);
        return await DescribeAsync(engine, container, image, cancellation).ConfigureAwait(false);
    }

    internal static async Task<Deployment> DescribeAsync(DockerEngine engine, JsonObject container, JsonObject? image, CancellationToken cancellation)
    {
        var owner = SharedNamespaces.NetworkOwner(container) is { } id ? await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) : null;
        return Describe(container, image, engine.Host, owner);
    }

    /// <summary>The error for a search that found nothing.</summary>
    /// <param name="what">What was looked for, as it ends the sentence "There is no ShoreGuard container …".</param>
    /// <param name="dockerHost">Where.</param>
    public static ShoreGuardException NotFound(string what, string? dockerHost) => Errors.DeploymentNotFound(what, DockerEndpoint.Resolve(dockerHost).ToString());

    internal static string NameOf(JsonObject container) => (container.Text("Name") ?? "").TrimStart('/');

    private static string ImageIdOf(JsonObject container) => container.Text("Image") ?? "";

    internal static bool IsDeployment(JsonObject container) =>
        !string.Equals(container.Label(ComposeLabels.OneOff), "true", StringComparison.OrdinalIgnoreCase);

    // Of a switch, only the container that has the deployment's name is the deployment. After a kill there may be none of that
    // name; then the old one stands for it, so that the next call can put it back.
    private static bool IsShadowed(string name, HashSet<string> names) =>
        SwitchNames.Parse(name) is var (deployment, role, _) && (role != "old" || names.Contains(deployment));

    internal static Deployment Describe(JsonObject container, JsonObject? image, string dockerHost, JsonObject? networkOwner = null)
    {
        var reference = container.Text("Config", "Image") ?? container.Text("Image") ?? "";
        var (uri, route) = ContainerEndpoint.Find(container, networkOwner, dockerHost);
        return new Deployment
        {
            Name = NameOf(container),
            ContainerId = container.Text("Id") ?? "",
            Project = container.Label(ComposeLabels.Project),
            Service = container.Label(ComposeLabels.Service),
            Image = reference,
            ImageId = container.Text("Image") ?? "",
            Digest = image is null ? null : DigestOf(image, reference),
            Identity = image is null ? null : BakedIdentity.Read(image, reference),
            State = container.Text("State", "Status") ?? "unknown",
            Health = container.Text("State", "Health", "Status"),
            StartedAt = container.Time("State", "StartedAt"),
            Uri = uri,
            Route = route,
            Database = DeploymentDatabase.Locate(container),
            ComposeFiles = container.Paths(ComposeLabels.ConfigFiles),
            ComposeDirectory = container.Label(ComposeLabels.WorkingDirectory),
            EnvironmentFiles = container.Paths(ComposeLabels.EnvironmentFiles),
            DockerHost = dockerHost,
        };
    }

    /// <summary>The registry's digest of an image: the one of the reference's repository, else any.</summary>
    internal static string? DigestOf(JsonObject image, string reference)
    {
        var digests = image.Texts("RepoDigests");
        var repository = ImageReference.TryParse(reference)?.Repository;
        var own = digests.FirstOrDefault(digest => repository is not null && digest.StartsWith(repository + "@", StringComparison.Ordinal));
        return (own ?? (digests.Count > 0 ? digests[0] : null))?.Split('@')[^1];
    }
}
