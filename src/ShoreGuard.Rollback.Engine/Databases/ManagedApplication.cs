using System.Net;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>The application around its database: stopped for a swap, and started again where that is safe.</summary>
internal sealed class ManagedApplication(IContainerEngine engine, Deployment deployment, ContainerView container)
{
    private readonly string _id = container.Id;

    /// <summary>The clock of its engine.</summary>
    public TimeProvider Clock => engine.Clock;

    /// <summary>The deployment as it was given.</summary>
    public Deployment Deployment => deployment;

    /// <summary>Whether it ran when it was looked at. A container in a restart loop counts: it will open the database again any moment.</summary>
    public bool WasRunning { get; } = container.IsUp;

    /// <summary>From where its sessions come.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; } = ContainerAddresses.Of(container);

    /// <summary>Whether it serves.</summary>
    public ApplicationReadiness Readiness { get; } = new(engine, container.Id);

    /// <summary>Whether it has been told to stop.</summary>
    public bool WasStopped { get; private set; }

    /// <summary>Refuses a container that stopping would delete, or whose database it would; and one that has its WAL where no restore reaches it.</summary>
    /// <exception cref="ShoreGuardException"><c>AutoRemoveContainer</c>, <c>DatabaseInMemory</c>, <c>DatabaseMountedAlone</c>.</exception>
    public void RequireStoppable()
    {
        // What is in the layer is replaced there.
        if (DeploymentDatabase.PlaceOf(container) is { } place and not SqlitePlace.Layer && Errors.DatabaseDoesNotOutlive(deployment.Name, place) is { } inside)
            throw inside;
        if (WasRunning && container.RemovesItself)
            throw Errors.AutoRemove(deployment.Name);
    }

    /// <summary>Its engine.</summary>
    public IContainerEngine Engine => engine;

    /// <summary>The migrations of the image it runs; null when they cannot be read.</summary>
    public Task<MigrationGraph?> ReadMigrationsAsync(CancellationToken cancellation) =>
        MigrationProbe.TryReadAsync(engine, container.ImageId, cancellation);

    /// <summary>Stops it; nothing happens when it is stopped already.</summary>
    public Task StopAsync(CancellationToken cancellation)
    {
        WasStopped = true;
        return engine.StopContainerAsync(_id, cancellation);
    }

    /// <summary>Starts it; nothing happens when it runs already.</summary>
    public Task StartAsync(CancellationToken cancellation) => engine.StartContainerAsync(_id, cancellation);

    /// <summary>The deployment with the state it is in now.</summary>
    public async Task<Deployment> DescribeAsync(CancellationToken cancellation)
    {
        var now = await engine.InspectContainerAsync(_id, cancellation).ConfigureAwait(false);
        return now?.Status is not { } status ? deployment : deployment with { State = status, Health = now.Health, StartedAt = now.StartedAt };
    }

    /// <summary>As <see cref="DescribeAsync"/>; after a failure, which an engine that does not answer either is not to hide.</summary>
    public async Task<Deployment> TryDescribeAsync()
    {
        try
        {
            return await DescribeAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            return deployment;
        }
    }
}
