using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Rollbacks.Switching;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>Switches a deployment to another image, with a way back.</summary>
public static class ImageRollback
{
    /// <summary>Reads everything a rollback needs; changes nothing, not even by a pull.</summary>
    /// <exception cref="ShoreGuardException">The target, its signature, the container, its image or its Compose file is not what it has to be.</exception>
    public static async Task<ImageRollbackPlan> PlanAsync(ImageRollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await DockerEngine.ConnectAsync(request.Deployment.DockerHost, cancellation).ConfigureAwait(false);
        var container = await engine.InspectContainerAsync(request.Deployment.ContainerId, cancellation).ConfigureAwait(false)
            ?? throw Errors.DeploymentGone(request.Deployment.Name, engine.Host);
        var name = DeploymentCatalog.NameOf(container);
        if (container.At("HostConfig", "AutoRemove")?.GetValue<bool>() == true)
            throw Errors.AutoRemove(name);
        var imageId = container.Text("Image") ?? "";
        var image = await engine.InspectImageAsync(imageId, cancellation).ConfigureAwait(false) ?? throw Errors.ImageGone(name, imageId);
        var before = DeploymentCatalog.Describe(container, image, engine.Host);
        var current = CurrentReference(before);
        var candidates = request.Target.IsPrefix
            ? [current.WithTag(await CommitSearch.FindTagAsync(engine, current.Repository, request.Target.Commit!, reporter, cancellation).ConfigureAwait(false))]
            : request.Target.Candidates(current);
        // Read before the registry is asked, so that a broken Compose file is found whatever the network does.
        _ = FindPin(request, before, candidates[0], out _);
        var found = await new ImageResolver(engine, reporter).FindAsync(candidates, cancellation).ConfigureAwait(false);
        await RefuseTheRunningImageAsync(engine, before, found, image, cancellation).ConfigureAwait(false);
        if (request.Signature is { } rules)
            found = await VerifySignatureAsync(found, rules, cancellation).ConfigureAwait(false);
        var choice = await StrategyChoice.MakeAsync(engine, container, before, request.Strategy, cancellation).ConfigureAwait(false);
        return new(request, before, container, image, found, choice);
    }

    /// <summary>Looks for a switch of this deployment whose process was killed; changes nothing.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c> when it is not interrupted but under way.</exception>
    public static async Task<InterruptedSwitch?> FindInterruptedAsync(Deployment deployment, CancellationToken cancellation)
    {
        using var engine = await DockerEngine.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        var name = NameOf(deployment);
        var interrupted = await InterruptedSwitch.FindAsync(engine, name, cancellation).ConfigureAwait(false);
        if (interrupted is not null)
            DeploymentLock.Take(engine.Host, name).Dispose();
        return interrupted;
    }

    /// <summary>Finishes an interrupted switch, or undoes it.</summary>
    /// <returns>The deployment as it is then.</returns>
    public static async Task<Deployment> RecoverAsync(Deployment deployment, InterruptedSwitch interrupted, CancellationToken cancellation)
    {
        using var engine = await DockerEngine.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        using var held = DeploymentLock.Take(engine.Host, interrupted.Name);
        await interrupted.RecoverAsync(engine).ConfigureAwait(false);
        return await DeploymentCatalog.GetAsync(engine, interrupted.Name, cancellation).ConfigureAwait(false);
    }

    private static string NameOf(Deployment deployment) => SwitchNames.Parse(deployment.Name)?.Name ?? deployment.Name;

    /// <summary>Does what the plan says. If anything fails, the state before is put back.</summary>
    /// <exception cref="ShoreGuardException">
    /// <c>GateRefused</c> or <c>RollbackReverted</c> with the <see cref="ImageRollbackResult"/> in <c>Result</c>; <c>UndoFailed</c>
    /// when putting back failed too; or the error of a step before the switch, after which nothing has changed.
    /// </exception>
    public static async Task<ImageRollbackResult> ExecuteAsync(ImageRollbackPlan plan, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await DockerEngine.ConnectAsync(plan.Before.DockerHost, cancellation).ConfigureAwait(false);
        using var held = DeploymentLock.Take(engine.Host, plan.Before.Name);
        await using var execution = new ImageSwitch(engine, plan, reporter);
        return await execution.RunAsync(cancellation).ConfigureAwait(false);
    }

    private static ImageReference CurrentReference(Deployment deployment) => ImageReference.Parse(deployment.Image);

    /// <summary>Where the target is to be pinned; null where it is not, for the reason given.</summary>
    internal static ComposePin? FindPin(ImageRollbackRequest request, Deployment before, ImageReference target, out string? obstacle) =>
        ComposePin.Find(before, target, request.Pin, isNamed: request.Target.Image is not null, out obstacle);

    // From here on the digest is the target: the tag may move between the look at the signature and the pull.
    private static async Task<ImageResolver.Found> VerifySignatureAsync(ImageResolver.Found found, SignatureRules rules, CancellationToken cancellation)
    {
        if (rules.Key is { } key && !key.Contains("://", StringComparison.Ordinal) && !File.Exists(key))
            throw Errors.SignatureKeyMissing(key);
        if (found.Digest is null)
            throw Errors.SignatureNotInRegistry(found.Reference.ToString());
        var image = found.Reference with { Digest = found.Digest };
        await ImageSignature.VerifyAsync(image, rules, cancellation).ConfigureAwait(false);
        return found with { Reference = image };
    }

    private static async Task RefuseTheRunningImageAsync(DockerEngine engine, Deployment before, ImageResolver.Found found, JsonObject image, CancellationToken cancellation)
    {
        if (!before.IsRunning)
            return;
        var local = await engine.InspectImageAsync(found.Reference.ToString(), cancellation).ConfigureAwait(false);
        var same = found.Digest is not null
            ? image.Texts("RepoDigests").Contains($"{found.Reference.Repository}@{found.Digest}")
            : local.Text("Id") == before.ImageId;
        if (same)
            throw Errors.TargetIsRunning(before.Name, found.Reference.ToString());
    }
}
