using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>A container in the namespaces of one that is switched: it breaks when that one goes, and has to be made anew with it.</summary>
/// <param name="Container">The inspected container.</param>
/// <param name="Image">The inspected image it runs, and goes on running.</param>
internal sealed record Dependent(ContainerView Container, ImageView Image)
{
    public string Name => Container.Name;
    public string Id => Container.Id;
    public bool IsRunning => Container.IsUp;

    /// <summary>Finds them, running or not, in the order of their names.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="container">The container that is to be switched.</param>
    /// <param name="warnings">Told of those that are left alone.</param>
    /// <param name="cancellation">Stops looking.</param>
    /// <exception cref="ShoreGuardException"><c>ImageGone</c>.</exception>
    public static async Task<IReadOnlyList<Dependent>> FindAsync(
        IContainerEngine engine, ContainerView container, ICollection<string> warnings, CancellationToken cancellation)
    {
        var found = new List<Dependent>();
        foreach (var each in await UsersOfAsync(engine, container, cancellation).ConfigureAwait(false))
        {
            var name = each.Name;
            if (each.RemovesItself)
            {
                warnings.Add($"{name} shares a namespace with {container.Name} and was started with --rm. "
                    + "It is left alone, and must be started again.");
                continue;
            }
            var imageId = each.ImageId;
            var image = await engine.InspectImageAsync(imageId, cancellation).ConfigureAwait(false) ?? throw Errors.ImageGone(name, imageId);
            found.Add(new(each, image));
        }
        return [.. found.OrderBy(dependent => dependent.Name, StringComparer.Ordinal)];
    }

    /// <summary>The containers that use a namespace of another one.</summary>
    public static async Task<IReadOnlyList<ContainerView>> UsersOfAsync(IContainerEngine engine, ContainerView container, CancellationToken cancellation)
    {
        string[] owners = [container.Id, container.Name];
        var ids = await engine.ListContainersAsync([], cancellation).ConfigureAwait(false);
        // A container can vanish between the list and the look.
        var all = await Concurrently.SelectAllAsync(ids, engine.InspectContainerAsync, cancellation).ConfigureAwait(false);
        return [.. all.OfType<ContainerView>().Where(each => SharedNamespaces.Of(each).Any(shared => owners.Contains(shared.Owner)))];
    }

    /// <summary>What it takes to make it anew, in the namespaces of another container.</summary>
    public async Task<ContainerRecipe> RecipeAsync(
        IContainerEngine engine, IReadOnlyDictionary<string, string> owners, IReporter reporter, CancellationToken cancellation)
    {
        // Its image's name may mean another image by now; it keeps the one it has.
        var reference = Container.ImageName!;
        var named = await engine.InspectImageAsync(reference, cancellation).ConfigureAwait(false);
        return ContainerRecipe.From(
            Container, Image, named?.Id == Container.ImageId ? reference : Container.ImageId, new HashSet<string>(),
            await LabelsAsync(engine, owners, reporter, cancellation).ConfigureAwait(false), owners);
    }

    // Only the id in its network mode changes, and with it Compose's hash.
    private async Task<IReadOnlyDictionary<string, string>> LabelsAsync(
        IContainerEngine engine, IReadOnlyDictionary<string, string> owners, IReporter reporter, CancellationToken cancellation)
    {
        var labels = new Dictionary<string, string>();
        var deployment = DeploymentCatalog.Describe(Container, Image, engine.Host);
        if (!ComposeProject.Has(deployment))
            return labels;
        var (then, now) = (SharedNamespaces.Resolved(Container, new Dictionary<string, string>()), SharedNamespaces.Resolved(Container, owners));
        var version = Container.Label(ComposeLabels.Version);
        // Where the files say something else than when it was made, the old hash stays, so that Compose sees that.
        if (await DescribeAsync(then).ConfigureAwait(false) is { } before && before.Hash == Container.Label(ComposeLabels.ConfigHash)
            && await DescribeAsync(now).ConfigureAwait(false) is { } after)
            labels[ComposeLabels.ConfigHash] = after.Hash;
        return labels;

        Task<ComposeCli.ServiceView?> DescribeAsync(IReadOnlyDictionary<string, string> namespaces) =>
            ComposeCli.DescribeAsync(
                deployment, version, new Dictionary<string, string?>(), namespaces, new Dictionary<string, string>(), reporter, cancellation);
    }
}
