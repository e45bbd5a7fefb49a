using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>The containers whose namespaces a container shares, as they are now: the ids it knows may be those of replaced ones.</summary>
internal static class NamespaceOwners
{
    /// <summary>The present id for each owner, by what the container calls it.</summary>
    /// <exception cref="ShoreGuardException"><c>NamespaceOwnerMissing</c> when one is gone for good, or stopped, so that nothing could be started
    /// beside it.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> FindAsync(
        IContainerEngine engine, ContainerView container, Deployment deployment, ICollection<string> warnings, CancellationToken cancellation)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, known) in SharedNamespaces.Of(container))
        {
            if (owners.ContainsKey(known))
                continue;
            var owner = await engine.InspectContainerAsync(known, cancellation).ConfigureAwait(false);
            if (owner is null && (owner = await FindReplacementAsync(engine, deployment, key, cancellation).ConfigureAwait(false)) is not null)
                warnings.Add(
                    $"The container whose namespaces {deployment.Name} shares was replaced by {owner.Name} meanwhile, so the old container could not be "
                    + "started again: there is no way back from this switch.");
            if (owner is null)
                throw Errors.NamespaceOwnerMissing(deployment.Name, known.Length > 12 ? known[..12] : known, "is gone");
            if (!owner.IsRunning)
                throw Errors.NamespaceOwnerMissing(deployment.Name, owner.Name, "does not run");
            owners[known] = owner.Id;
        }
        return owners;
    }

    // Only the Compose file still knows who is meant: service:NAME.
    private static async Task<ContainerView?> FindReplacementAsync(
        IContainerEngine engine, Deployment deployment, string composeKey, CancellationToken cancellation)
    {
        if (!ComposeProject.Has(deployment) || ComposeProject.Read(deployment).Text(composeKey)?.Split(':', 2) is not ["service", var service])
            return null;
        string[] labels = [$"{ComposeLabels.Project}={deployment.Project}", $"{ComposeLabels.Service}={service}"];
        foreach (var id in await engine.ListContainersAsync(labels, cancellation).ConfigureAwait(false))
        {
            if (await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is { } found && DeploymentCatalog.IsDeployment(found))
                return found;
        }
        return null;
    }
}
