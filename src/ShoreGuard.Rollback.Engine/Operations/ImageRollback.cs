using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Engine.Operations.Switching;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Switches a deployment to another image, with a way back.</summary>
public static class ImageRollback
{
    /// <summary>Reads everything a rollback needs; changes nothing, not even by a pull.</summary>
    /// <exception cref="ShoreGuardException">The target, its signature, the container, its image or its Compose file is not what it has to be.</exception>
    public static async Task<ImageRollbackPlan> PlanAsync(ImageRollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(request.Deployment.DockerHost, cancellation).ConfigureAwait(false);
        var container = await engine.InspectContainerAsync(request.Deployment.ContainerId, cancellation).ConfigureAwait(false)
            ?? throw Errors.DeploymentGone(request.Deployment.Name, engine.Host);
        var name = container.Name;
        if (container.RemovesItself)
            throw Errors.AutoRemove(name);
        if (container.IsPaused)
            throw Errors.ContainerPaused(name);
        await ForeignCode.RefuseAsync(engine, container, name, cancellation).ConfigureAwait(false);
        var imageId = container.ImageId;
        var image = await engine.InspectImageAsync(imageId, cancellation).ConfigureAwait(false) ?? throw Errors.ImageGone(name, imageId);
        var before = await DeploymentCatalog.DescribeAsync(engine, container, image, cancellation).ConfigureAwait(false);
        var current = CurrentReference(before);
        var candidates = request.Target.IsPrefix
            ? [current.WithTag(await CommitSearch.FindTagAsync(engine, current.Repository, request.Target.Commit!, request.Credential, reporter, cancellation)
                .ConfigureAwait(false))]
            : request.Target.Candidates(current);
        // Read before the registry is asked, so that a broken Compose file is found whatever the network does.
        FindPin(request, before, candidates[0], out _);
        var resolver = new ImageResolver(engine, request.State.Blocklist, request.Credential, reporter);
        var found = await resolver.FindAsync(candidates, cancellation).ConfigureAwait(false);
        await RefuseTheRunningImageAsync(engine, before, found, image, cancellation).ConfigureAwait(false);
        if (!request.Target.RanBefore && request.State.Blocklist.Find(found.Digest, request.Target.Commit) is [var blocked, ..])
            throw Errors.ImageBlocked(found.Reference.ToString(), blocked);
        if (request.Signature is { } rules)
            found = await VerifySignatureAsync(found, rules, cancellation).ConfigureAwait(false);
        var smoke = await SmokeKey.RequireAcceptedAsync(before, request.Gate.SmokeToken, cancellation).ConfigureAwait(false);
        var seen = await resolver.ReadAsync(found, image, cancellation).ConfigureAwait(false);
        if (seen.Inspected is { } description)
            resolver.Require(description, found, request.Target, image);
        var digest = ImageResolver.DigestOf(found, seen.Inspected);
        var warnings = new List<string>(await CheckPinAsync(engine, request, before, found.Reference with { Digest = digest }, cancellation)
            .ConfigureAwait(false));
        if (Errors.DatabaseDoesNotOutlive(name, DeploymentDatabase.PlaceOf(container), forceable: true) is { } inside)
            warnings.Add(request.Force ? $"{Errors.Finding(inside)}." : throw inside);
        if (SmokeKey.Exposure(before, request.Gate.SmokeToken) is { } exposure)
            warnings.Add(exposure);
        var owners = await NamespaceOwners.FindAsync(engine, container, before, warnings, cancellation).ConfigureAwait(false);
        var dependents = await Dependent.FindAsync(engine, container, warnings, cancellation).ConfigureAwait(false);
        warnings.AddRange(ChosenAddresses.Uncertain(container, before));
        var choice = await StrategyChoice.MakeAsync(engine, container, before, dependents.Count > 0, request.Strategy, cancellation).ConfigureAwait(false);
        var schema = request.DecidesSchema
            ? null : await TargetSchema.ReadAsync(engine, before, container, found.Reference.ToString(), seen, digest, cancellation).ConfigureAwait(false);
        if (schema?.Refusal is { } refusal)
            throw refusal;
        return new(request, before, container, image, found, seen, choice)
        {
            Schema = schema,
            Smoke = smoke,
            Open = [.. new[] { seen.Unread is { } why
            ? $"What {found.Reference.ToShortString()} was built from is checked after the pull, before anything is stopped: its registry could not be asked "
            + $"from here ({why})." : null, schema?.Warning }.OfType<string>(), .. PublishedPorts.NotKept(container)],
            SlowStop = before.IsRunning && (choice.Kind == SwitchStrategy.Recreate || request.DecidesSchema)
                ? await StopForecast.DescribeAsync(engine, container, cancellation).ConfigureAwait(false)
                : null,
            Dependents = dependents,
            Owners = owners,
            MacAddresses = ChosenAddresses.Of(container, before),
            Warnings = warnings,
            Expected = before.IsRunning ? request.State.Outages.Expect(before, choice.Kind) : null,
        };
    }

    // What the run would find when it writes the pin; what it would say of it.
    private static async Task<IReadOnlyList<string>> CheckPinAsync(
        IContainerEngine engine, ImageRollbackRequest request, Deployment before, ImageReference target, CancellationToken cancellation)
    {
        if (FindPin(request, before, target, out var obstacle) is not { } pin)
            return [$"The target is not pinned: {obstacle}."];
        PreparedPin.Check(pin);
        string[] own = [.. pin.Warnings, .. new[] { pin.Doubt(before) }.OfType<string>()];
        // Compose labels its containers with its files' paths, and not with the machine on which those are.
        return await engine.FindOtherMachineAsync(cancellation).ConfigureAwait(false) is { } machine
            ? [$"The engine is on another machine ({machine}), and the pin is written to {pin.Path} on this one. Make sure that {before.Name} is deployed from "
                + "that file.", .. own]
            : own;
    }

    /// <summary>Whether there is nothing to do, as the error says.</summary>
    public static bool IsThereAlready(ShoreGuardException error) => error.Id == nameof(Errors.TargetIsRunning);

    /// <summary>Plans for the replicas of one service, in the order of their names. Those that run the target already are left out.</summary>
    /// <exception cref="ShoreGuardException">As for one; <c>TargetIsRunning</c> when none is left.</exception>
    public static async Task<ReplicaRollbackPlan> PlanAsync(IReadOnlyList<ImageRollbackRequest> requests, IReporter reporter, CancellationToken cancellation)
    {
        var (plans, warnings) = (new List<ImageRollbackPlan>(), new List<string>());
        ShoreGuardException? running = null;
        foreach (var request in requests.DistinctBy(request => request.Deployment.Name).OrderBy(request => request.Deployment.Name, StringComparer.Ordinal))
        {
            await RequireFreeAsync(request, cancellation).ConfigureAwait(false);
            try
            {
                plans.Add(await PlanAsync(request, reporter, cancellation).ConfigureAwait(false));
            }
            catch (ShoreGuardException error) when (IsThereAlready(error))
            {
                running ??= error;
                warnings.Add($"{request.Deployment.Name} already runs the target, and is left alone.");
            }
        }
        if (plans.Count == 0)
            throw running!;
        if (await FindLeftBehindAsync(plans, cancellation).ConfigureAwait(false) is { Count: > 0 } others)
            warnings.Add($"{string.Join(", ", others)} of the same service {(others.Count == 1 ? "stays" : "stay")} on the old image until the next docker "
                + "compose up, because the pin applies to all replicas. Pipe all of them to switch them together.");
        return new(plans, warnings);
    }

    private static async Task RequireFreeAsync(ImageRollbackRequest request, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(request.Deployment.DockerHost, cancellation).ConfigureAwait(false);
        await DeploymentLock.RequireFreeAsync(engine, request.State, request.Deployment.Name, cancellation).ConfigureAwait(false);
    }

    // The names of the replicas that nobody has asked to switch, and that do not run the target.
    internal static async Task<IReadOnlyList<string>> FindLeftBehindAsync(IReadOnlyList<ImageRollbackPlan> plans, CancellationToken cancellation)
    {
        var before = plans[0].Before;
        if (before is not { Project: { } project, Service: { } service })
            return [];
        using var engine = await ContainerEngines.ConnectAsync(before.DockerHost, cancellation).ConfigureAwait(false);
        var images = plans.Select(plan => plan.Before.ImageId).ToHashSet(StringComparer.Ordinal);
        var replicas = await ReplicasAsync(engine, project, service, cancellation).ConfigureAwait(false);
        return [.. replicas.Where(replica => images.Contains(replica.ImageId))
            .Select(each => each.Name).Except(plans.Select(plan => plan.Before.Name)).Order(StringComparer.Ordinal)];
    }

    private static async Task<IReadOnlyList<ContainerView>> ReplicasAsync(
        IContainerEngine engine, string project, string service, CancellationToken cancellation)
    {
        var replicas = new List<ContainerView>();
        foreach (var id in await engine.ListContainersAsync([$"{ComposeLabels.Project}={project}", $"{ComposeLabels.Service}={service}"], cancellation)
            .ConfigureAwait(false))
        {
            // A container can vanish between the list and the look.
            if (await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is not { } replica || !DeploymentCatalog.IsDeployment(replica))
                continue;
            // A label that the image alone has makes no replica.
            var image = await engine.InspectImageAsync(replica.ImageId, cancellation).ConfigureAwait(false);
            if (replica.WithoutBakedLabels(image).Label(ComposeLabels.Service) == service)
                replicas.Add(replica);
        }
        return replicas;
    }

    /// <summary>Looks for switches of these deployments, and of other replicas of their services, whose process was killed; changes nothing.</summary>
    /// <remarks>The other replicas as well: what they had been switched to and had not held would else be taken, once it is pinned, for what has.</remarks>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c> when one is not interrupted but under way; <c>RollbackUnfinished</c>:
    /// something else is unfinished.</exception>
    public static async Task<IReadOnlyList<InterruptedImageRollback>> FindInterruptedAsync(
        StateStore state, IReadOnlyList<Deployment> deployments, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(deployments[0].DockerHost, cancellation).ConfigureAwait(false);
        var names = new SortedSet<string>(deployments.Select(NameOf), StringComparer.Ordinal);
        foreach (var deployment in deployments.Where(deployment => deployment is { Project: not null, Service: not null })
            .DistinctBy(deployment => (deployment.Project, deployment.Service)))
        {
            var replicas = await ReplicasAsync(engine, deployment.Project!, deployment.Service!, cancellation).ConfigureAwait(false);
            names.UnionWith(replicas.Select(replica => NameOf(replica.Name)));
        }
        var found = new List<InterruptedImageRollback>();
        foreach (var name in names)
        {
            if (await InterruptedImageRollback.FindAsync(engine, state, name, cancellation).ConfigureAwait(false) is { } interrupted)
                found.Add(interrupted);
        }
        return found;
    }

    /// <summary>Removes what marks deployments as being changed by a process that is gone; nothing happens where one is at it, or where more is left.</summary>
    /// <exception cref="ShoreGuardException">Those of the engine.</exception>
    public static async Task ClearMarksAsync(StateStore state, IReadOnlyList<Deployment> deployments, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(deployments[0].DockerHost, cancellation).ConfigureAwait(false);
        foreach (var deployment in deployments)
            await EngineLock.ClearAsync(engine, state, NameOf(deployment), cancellation).ConfigureAwait(false);
    }

    /// <summary>The name of a deployment whose container may have one of those that exist only while an image is switched.</summary>
    public static string NameOf(Deployment deployment) => NameOf(deployment.Name);

    private static string NameOf(string name) => SwitchNames.Parse(name)?.Name ?? name;

    /// <summary>Does what the plan says. If anything fails, the state before is put back.</summary>
    /// <exception cref="ShoreGuardException">
    /// <c>GateRefused</c> or <c>RollbackReverted</c> with the <see cref="ImageRollbackResult"/> in <c>Result</c>; <c>UndoFailed</c>
    /// when putting back failed too; or the error of a step before the switch, after which nothing has changed.
    /// </exception>
    public static async Task<ImageRollbackResult> ExecuteAsync(ImageRollbackPlan plan, IReporter reporter, CancellationToken cancellation)
    {
        var outcome = await ExecuteAsync(new ReplicaRollbackPlan([plan], []), reporter, cancellation).ConfigureAwait(false);
        return outcome.Failure is null ? outcome.Results[0] : throw outcome.Failure;
    }

    /// <summary>Switches the replicas one after another. If one fails, the state before is put back for all.</summary>
    /// <exception cref="ShoreGuardException"><c>UndoFailed</c> when putting back failed too; or the error of a step before the first switch, after
    /// which nothing has changed.</exception>
    public static async Task<ImageRollbackOutcome> ExecuteAsync(ReplicaRollbackPlan plan, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(plan.Replicas[0].Before.DockerHost, cancellation).ConfigureAwait(false);
        await using var operations = await ReplicaOperations.BeginAsync(engine, plan.Replicas, cancellation).ConfigureAwait(false);
        return await operations.CloseAsync(async () =>
        {
            foreach (var (replica, log) in plan.Replicas.Zip(operations.Logs).Where(each => each.First.Request.Resumed is null))
                await new IncidentRecorder(log.State, reporter).BeginAsync(engine, replica, log.Id, cancellation).ConfigureAwait(false);
            await using var execution = new ReplicaSwitch(engine, plan.Replicas, operations.Logs, reporter);
            var outcome = await execution.RunAsync(cancellation).ConfigureAwait(false);
            foreach (var result in outcome.Results)
                Remember(plan.Replicas[0].Request.State, result, plan.Replicas[0].Request.Gate.Stability, reporter);
            return outcome;
        }, reporter).ConfigureAwait(false);
    }

    // The switch has held: a journal that cannot be written is no reason to undo it.
    internal static void Remember(
        StateStore state, ImageRollbackResult result, TimeSpan stability, IReporter reporter, RollbackStrategy change = RollbackStrategy.ImageOnly)
    {
        try
        {
            state.Outages.Remember(result, change);
            state.KnownGood.Remember(result, stability);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning(
                $"What this rollback of {result.Name} has shown could not be recorded for later ones: {Errors.Reason(error.InnerException ?? error)}.");
        }
    }

    private static ImageReference CurrentReference(Deployment deployment) => ImageReference.Parse(deployment.Image);

    /// <summary>Where the target is to be pinned; null where it is not, for the reason given.</summary>
    internal static ComposePin? FindPin(ImageRollbackRequest request, Deployment before, ImageReference target, out string? obstacle) =>
        ComposePin.Find(before, target, request.Pin, isNamed: request.Target.Image is not null, out obstacle);

    // From here on the digest is the target: the tag may move between the look at the signature and the pull.
    internal static async Task<ImageResolver.Found> VerifySignatureAsync(ImageResolver.Found found, SignatureRules rules, CancellationToken cancellation)
    {
        if (rules.Key is { } key && !key.Contains("://", StringComparison.Ordinal) && !File.Exists(key))
            throw Errors.SignatureKeyMissing(key);
        if (found.Digest is null)
            throw Errors.SignatureNotInRegistry(found.Reference.ToString());
        var image = found.Reference with { Digest = found.Digest };
        await ImageSignature.VerifyAsync(image, rules, cancellation).ConfigureAwait(false);
        return found with { Reference = image };
    }

    private static async Task RefuseTheRunningImageAsync(
        IContainerEngine engine, Deployment before, ImageResolver.Found found, ImageView image, CancellationToken cancellation)
    {
        if (!before.IsRunning)
            return;
        var local = await engine.InspectImageAsync(found.Reference.ToString(), cancellation).ConfigureAwait(false);
        var same = found.Digest is not null
            ? image.RepoDigests.Contains($"{found.Reference.Repository}@{found.Digest}")
            : local?.Id == before.ImageId;
        if (same)
            throw Errors.TargetIsRunning(before.Name, found.Reference.ToString());
    }
}
