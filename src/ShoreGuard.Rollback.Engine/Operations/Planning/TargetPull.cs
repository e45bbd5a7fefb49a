using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>Brings a target to the engine, so that a plan can be made of it.</summary>
public sealed class TargetPull
{
    private readonly RollbackRequest _request;
    private readonly ImageReference _image;

    private TargetPull(RollbackRequest request, ImageReference image) => (_request, _image) = (request, image);

    /// <summary>What will be done, as a sentence without its full stop.</summary>
    public string Description => $"Pull {_image}, whose migrations decide what becomes of the database";

    /// <summary>Finds out whether the target has to be pulled; null when its migrations can be read without. Whatever stands in the way with any
    /// migrations is told now. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackUnfinished</c>, those of an image rollback that is planned, and those of
    /// <see cref="RollbackPlanner.RequireNoStopAsync"/>.</exception>
    public static async Task<TargetPull?> FindAsync(RollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        // What a killed one has left may run the target already, which would be told instead.
        using var engine = await ContainerEngines.ConnectAsync(request.Deployment.DockerHost, cancellation).ConfigureAwait(false);
        await UnfinishedWork.RequireNoneYetAsync(engine, request.State, request.Deployment.Name, own: null, cancellation).ConfigureAwait(false);
        var images = await RollbackPlanner.PlanImagesAsync(request, SilentReporter.Instance, cancellation).ConfigureAwait(false);
        if (images.Target is not { Reference: var reference, Digest: { } digest })
            return null;
        if (images.Seen.IsHere || await TargetSchema.FindKnownAsync(images.Seen, digest, cancellation).ConfigureAwait(false) is not null)
            return null;
        await RollbackPlanner.RequireNoStopAsync(engine, request, images, reporter, cancellation).ConfigureAwait(false);
        return new(request, reference with { Digest = digest });
    }

    /// <summary>Pulls it.</summary>
    /// <exception cref="ShoreGuardException">Those of a pull.</exception>
    public async Task RunAsync(IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(_request.Deployment.DockerHost, cancellation).ConfigureAwait(false);
        await engine.PullAsync(_image, _request.Credential, reporter, cancellation).ConfigureAwait(false);
    }
}
