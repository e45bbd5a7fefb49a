using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>Carries out the plan for one container: everything slow first, then the strategy's steps and the gate. What several share,
/// <see cref="ReplicaSwitch"/> does.</summary>
internal sealed class ImageSwitch : IAsyncDisposable
{
    private readonly IContainerEngine _engine;
    private readonly ImageRollbackPlan _plan;
    private readonly IReporter _reporter;
    private readonly StepRecorder _steps;
    private readonly SwitchContext _context;
    private readonly ISwitchStrategy _strategy;

    private ImageResolver.Verified? _target;
    private OutageProber? _prober;
    private bool _answeredBefore;

    public ImageSwitch(IContainerEngine engine, ImageRollbackPlan plan, RollbackLog log, IReporter reporter)
    {
        _engine = engine;
        _plan = plan;
        _reporter = reporter;
        _steps = new StepRecorder($"Rolling back {plan.Before.Name}", reporter, log, ProgressOf(plan, log.Note.Blocks).Describe);
        _context = new SwitchContext(engine, plan, _steps, log, reporter);
        _strategy = plan.Dependents.Count == 0 ? plan.Choice.Create() : new WithDependents(plan.Choice.Create(), plan.Dependents, reporter);
    }

    private static PlanProgress ProgressOf(ImageRollbackPlan plan, BlockedImage? left)
    {
        var pin = ImageRollback.FindPin(plan.Request, plan.Before, plan.Target.Reference, out _)?.Path;
        var (change, isKept) = plan.Change is { } database
            ? (database.Strategy, database is { Strategy: RollbackStrategy.Restore, BackupPath: null }) : (RollbackStrategy.ImageOnly, false);
        return PlanProgress.Of(new(change, plan.Strategy, plan.Before.IsRunning, Path.GetFileName(pin), plan.Before.Database.Kind, isKept, left?.ToString()));
    }

    public string Name => _context.Name;

    /// <summary>Whether the running container may have been touched.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Brings the target here, and sees to it that there is a way back from it.</summary>
    public async Task VerifyAsync(CancellationToken cancellation)
    {
        // Between the plan and the lock, somebody else may have been first.
        if ((await _engine.InspectContainerAsync(_context.Name, cancellation).ConfigureAwait(false))?.Id != _context.OldId)
            throw Errors.DeploymentGone(_context.Name, _engine.Host);
        _ = Precompilation.RunAsync();
        var resolver = new ImageResolver(_engine, _plan.Request.State.Blocklist, _plan.Request.Credential, _reporter);
        await _steps.RunAsync($"Pull and verify {_plan.Target.Reference.Tag ?? "the image"}", async () =>
        {
            _target = await resolver.PullAndVerifyAsync(_plan.Target, _plan.Request.Target, _plan.Image, cancellation).ConfigureAwait(false);
            _context.Expected = _target.Identity;
            return $"{_target.Identity}, {_target.Reference.Digest ?? "local image"}";
        }).ConfigureAwait(false);
        // A database that changes with the image changes back with it, too.
        if (_plan.Change is null)
            await _steps.RunAsync("Check the schema and the way back", () => CheckSchemaAsync(cancellation)).ConfigureAwait(false);
    }

    // Once more, since the operator may have thought about the answer for long; and where the target had to be pulled, for the first time.
    private async Task<string?> CheckSchemaAsync(CancellationToken cancellation)
    {
        var seen = new ImageResolver.Seen(_target!.Inspected, IsHere: true);
        var schema = await TargetSchema.ReadAsync(_engine, _plan.Before, _plan.Container, _plan.TargetImage, seen, _target.Reference.Digest, cancellation)
            .ConfigureAwait(false);
        return schema?.Refusal is { } refusal ? throw refusal : schema?.Detail ?? "the new container begins with a database of its own";
    }

    /// <summary>Writes the pin beside its file; null where nothing is pinned.</summary>
    public async Task<PreparedPin?> PreparePinAsync()
    {
        if (ImageRollback.FindPin(_plan.Request, _plan.Before, _target!.Reference, out _) is not { } pin)
            return null;
        PreparedPin? prepared = null;
        await _steps.RunAsync($"Prepare the pin in {Path.GetFileName(pin.Path)}", () =>
        {
            prepared = PreparedPin.Prepare(pin);
            return Task.FromResult<string?>(pin.ToString());
        }).ConfigureAwait(false);
        return prepared;
    }

    /// <summary>Creates the new container; it is not started.</summary>
    public Task CreateAsync(PreparedPin? pin, CancellationToken cancellation)
    {
        if (pin is null || pin.Record.OldValue == pin.Record.NewValue)
            _context.HasNoTellingPin();
        return _steps.RunAsync("Create the new container", async () =>
        {
            var change = await AskComposeAsync(pin, cancellation).ConfigureAwait(false);
            var labels = new Dictionary<string, string>();
            if (change is { IsKnown: true })
                labels[ComposeLabels.Image] = _target!.ImageId;
            if (change?.Hash is { } hash)
                labels[ComposeLabels.ConfigHash] = hash;
            var recipe = ContainerRecipe.From(_plan.Container, _plan.Image, _target!.Reference.ToString(), change?.Variables
                ?? new HashSet<string>(), labels, _plan.Owners, _plan.MacAddresses);
            if (change is not null)
                recipe.Amend(change.Environment, change.Labels);
            _context.NewId = await _engine.CreateContainerAsync(SwitchNames.New(_context.Name, _context.Id), recipe, cancellation).ConfigureAwait(false);
            foreach (var path in change?.CopiedFiles ?? [])
                await _engine.CopyFileAsync(_context.OldId, _context.NewId, path, cancellation).ConfigureAwait(false);
            return _context.NewId[..12];
        }, UndoCreateAsync);
    }

    private async Task<ComposeChange?> AskComposeAsync(PreparedPin? pin, CancellationToken cancellation)
    {
        if (!ComposeProject.Has(_plan.Before))
            return null;
        // -Pin None is the way out for those whose Compose files cannot be read.
        if (_plan.Request.Pin == PinTarget.None && ComposeProject.TryRead(_plan.Before) is null)
            await RefuseToLoseSecretsAsync(cancellation).ConfigureAwait(false);
        var (then, now) = (SharedNamespaces.Resolved(_plan.Container, new Dictionary<string, string>()),
            SharedNamespaces.Resolved(_plan.Container, _plan.Owners));
        var change = await ComposeChange.AskAsync(_plan.Before, _plan.Container, pin, then, now, _reporter, cancellation).ConfigureAwait(false);
        if (change.Warning is { } warning)
            _context.Warn(warning);
        return change;
    }

    // What Compose mounts is in the container's description, and what it copies only in its files.
    private async Task RefuseToLoseSecretsAsync(CancellationToken cancellation)
    {
        var isMounted = _plan.Container.Mounts.Any(mount => mount.Destination?.StartsWith("/run/secrets", StringComparison.Ordinal) == true);
        if (!isMounted && await _engine.FindFileAsync(_context.OldId, "/run/secrets", cancellation).ConfigureAwait(false) is not null)
            throw Errors.CopiedSecretsUnknown(_context.Name);
    }

    // By name as well: an engine that was lost while it answered has made it without telling its id.
    private Task UndoCreateAsync() =>
        _engine.RemoveContainerAsync(_context.NewId.Length > 0 ? _context.NewId : SwitchNames.New(_context.Name, _context.Id), CancellationToken.None);

    /// <summary>Everything slow of what is to become of the database; the application serves meanwhile.</summary>
    public Task PrepareChangeAsync(CancellationToken cancellation) => _plan.Change?.PrepareAsync(_steps, cancellation) ?? Task.CompletedTask;

    /// <summary>Takes the strategy's steps, the gate included; throws when the new build has not held.</summary>
    public async Task SwitchAsync(CancellationToken cancellation)
    {
        await ObserveAsync(cancellation).ConfigureAwait(false);
        await SettleAsync(cancellation).ConfigureAwait(false);
        HasBegun = true;
        await _strategy.SwitchAsync(_context, cancellation).ConfigureAwait(false);
        if (await MigrationProbe.TryReadAsync(_engine, _target!.ImageId, cancellation).ConfigureAwait(false) is { } migrations)
            await _steps.RunAsync("Check the revision of the database", () => CheckRevisionAsync(migrations.Heads, cancellation)).ConfigureAwait(false);
    }

    // Where nobody is served already, each moment more is the outage; and where the new one starts beside the old one, its start is none.
    private async Task SettleAsync(CancellationToken cancellation)
    {
        if (_plan.Strategy == SwitchStrategy.Recreate && _answeredBefore && _prober is not null)
            await _prober.RehearseAsync(Precompilation.SettleAsync(_engine.Clock, cancellation)).ConfigureAwait(false);
        else
            await Precompilation.RunAsync().ConfigureAwait(false);
    }

    // Every start of ShoreGuard takes the database to the head of its own scripts: where it is at another revision, something else than the image runs.
    private async Task<string?> CheckRevisionAsync(IReadOnlyList<string> heads, CancellationToken cancellation)
    {
        var now = await DeploymentCatalog.GetAsync(_engine, _context.NewId, cancellation).ConfigureAwait(false);
        var (revisions, why) = await TargetSchema.ReadRevisionsAsync(now, cancellation).ConfigureAwait(false);
        if (revisions is null)
        {
            _context.Warn($"The revision of the database could not be checked once more: {why}.");
            return "could not be read";
        }
        var found = string.Join(", ", revisions);
        return revisions.ToHashSet(StringComparer.Ordinal).SetEquals(heads) ? found
            : throw Errors.RevisionUnexpected(_context.Name, found, _plan.TargetImage, heads);
    }

    // What answers before says how the new build is to be asked, and what has to answer again if it does not hold.
    private async Task ObserveAsync(CancellationToken cancellation)
    {
        await ProbeAsync(StartProber()).ConfigureAwait(false);
        if (_answeredBefore || !await AnswersInsideOnlyAsync(cancellation).ConfigureAwait(false))
            return;
        _context.IsAskedInside = true;
        _context.Warn($"The published port {_plan.Before.Uri} could not be reached from here before the switch either, so the application was "
            + "probed inside its container's network. Whether the port answers now was not checked.");
        await ProbeAsync(StartProber()).ConfigureAwait(false);
    }

    // Where there is no port, and where it cannot be asked, the container of the name is: that the old one lives beside the new one
    // would then say nothing about whether anybody is served.
    private OutageProber? StartProber() => (_plan.Before, _plan.Strategy, _context.IsAskedInside) switch
    {
        ({ IsRunning: true, Route: ProbeRoute.ContainerAddress or ProbeRoute.ContainerNetwork }, SwitchStrategy.Recreate, _) or (_, SwitchStrategy.Recreate,
            true) =>
            OutageProber.Start(_engine, _context.Name, _context.IsAskedInside),
        ({ Route: ProbeRoute.ContainerNetwork }, _, _) or (_, _, true) => null,
        ({ Uri: { } endpoint }, _, _) => OutageProber.Start(endpoint, _engine.Clock),
        _ => null,
    };

    private async Task ProbeAsync(OutageProber? prober)
    {
        if (_prober is not null)
            await _prober.DisposeAsync().ConfigureAwait(false);
        _prober = prober;
        _context.Prober = prober;
        _answeredBefore = prober is not null && await prober.FirstAnsweredAsync().ConfigureAwait(false);
    }

    // A port that does not answer may be the very reason for the rollback, and then the application does not either.
    private async Task<bool> AnswersInsideOnlyAsync(CancellationToken cancellation)
    {
        if (_plan.Before is not { IsRunning: true, Route: ProbeRoute.PublishedPort or ProbeRoute.HostNetwork })
            return false;
        using var inside = EndpointRoute.Into(_plan.Container, _engine);
        using var client = new ProbeClient(inside, new HealthRequest { Uri = inside.Uri }.Timeout, skipCertificateCheck: false);
        return (await client.GetAsync(HealthProbe.Liveness, cancellation).ConfigureAwait(false)).StatusCode == 200;
    }

    /// <summary>Puts the pin in its place.</summary>
    public Task PinAsync(PreparedPin pin) => _steps.RunAsync(
        $"Pin in {Path.GetFileName(pin.Record.Path)}",
        () =>
        {
            pin.Commit();
            return Task.FromResult<string?>(null);
        },
        () =>
        {
            pin.Undo();
            return Task.CompletedTask;
        });

    /// <summary>Looks whether what has passed its gate still serves: others may have had their hands on the containers since, such as a <c>docker
    /// compose up</c>.</summary>
    /// <exception cref="ShoreGuardException"><c>TargetDisturbed</c>.</exception>
    public Task LookOnceMoreAsync() => _steps.RunAsync("Look once more at what runs", async () =>
        await FindDisturbanceAsync().ConfigureAwait(false) is { } what ? throw Errors.TargetDisturbed(_context.Name, what) : null);

    private async Task<string?> FindDisturbanceAsync()
    {
        var now = await _engine.InspectContainerAsync(_context.NewId, CancellationToken.None).ConfigureAwait(false);
        if (now is null)
            return "its new container is gone";
        if (now.Name is var name && name != _context.Name)
            return $"its new container is called {name}";
        if (now.Status is not "running" and var status)
            return $"its new container is {status ?? "in no state"}";
        // In the other strategies, the old one runs until now.
        var old = _plan.Strategy == SwitchStrategy.Recreate
            ? await _engine.InspectContainerAsync(_context.OldId, CancellationToken.None).ConfigureAwait(false) : null;
        return old is { IsRunning: true } ? "its old container runs beside it" : null;
    }

    /// <summary>What has been done is to stay: takes away what only the way back needed.</summary>
    public Task FinishAsync()
    {
        _steps.Commit();
        return _strategy.FinishAsync(_context);
    }

    /// <summary>Puts the state before back.</summary>
    /// <returns>What could not be put back, each with the step it belongs to.</returns>
    public Task<IReadOnlyList<(string Step, Exception Error)>> UndoAsync() => _steps.UndoAsync();

    /// <summary>Started is not serving: what answered before has to answer again before this may be called undone.</summary>
    public async Task AssertServingAgainAsync(Exception cause)
    {
        if (_prober is null || !_answeredBefore)
            return;
        Exception failure = new TimeoutException("it was started again, but does not answer");
        try
        {
            if (await AnswersAgainAsync().ConfigureAwait(false) || await AnswersAfterRestartAsync().ConfigureAwait(false))
                return;
        }
        catch (ShoreGuardException error)
        {
            failure = error;
        }
        throw Errors.UndoFailed(_context.Name, $"The rollback of {_context.Name}", cause, [("Start the old container", failure)]);
    }

    // An engine that was restarted in the middle may have left it without its port, which a start publishes anew. What shares its
    // namespaces would lose them by that.
    private async Task<bool> AnswersAfterRestartAsync()
    {
        if (_plan.Dependents.Count > 0)
            return false;
        await _engine.RestartContainerAsync(_context.OldId, CancellationToken.None).ConfigureAwait(false);
        return await AnswersAgainAsync().ConfigureAwait(false);
    }

    private async Task<bool> AnswersAgainAsync()
    {
        // The engine may have given it another address, or another port of those it may choose from.
        if ((await DeploymentCatalog.GetAsync(_engine, _context.OldId, CancellationToken.None).ConfigureAwait(false)).Uri is { } endpoint)
            _prober!.Retarget(endpoint);
        await _prober!.WaitForAnswerAsync(_plan.Request.Gate.Patience).ConfigureAwait(false);
        return _prober.Measured is not { Began: not null, Ended: null };
    }

    /// <summary>What was done where the new build has held. What has become of it since is looked at, and not taken for granted.</summary>
    /// <param name="pin">The pin that is in its place.</param>
    public async Task<ImageRollbackResult> ResultOfHeldAsync(Pin? pin)
    {
        var reason = await FindDisturbanceAsync().ConfigureAwait(false) is { } what ? $"it passed its gate, and now {what}" : null;
        var result = await ResultAsync(_context.NewId, reason, pin).ConfigureAwait(false);
        return reason is null ? result : result with { Recommendation = Errors.TargetTakenDown(result).Recommendation };
    }

    /// <summary>What was done where it was put back.</summary>
    /// <param name="reason">Why.</param>
    public Task<ImageRollbackResult> ResultOfPutBackAsync(string reason) => ResultAsync(_context.OldId, reason, pin: null);

    // Of the container that is to serve now; the reason why the new build does not, if it does not.
    private async Task<ImageRollbackResult> ResultAsync(string id, string? reason, Pin? pin)
    {
        var now = await DescribeAsync(id).ConfigureAwait(false);
        var container = await _engine.InspectContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        foreach (var change in container is null ? [] : PublishedPorts.Changes(_plan.Container, container))
            _context.Warn(change);
        return new ImageRollbackResult
        {
            Succeeded = reason is null,
            Reverted = id == _context.OldId,
            Reason = reason,
            Name = _context.Name,
            Before = _plan.Before.Identity,
            After = reason is null ? _context.Gate?.Health?.Identity : await AnsweringAsync(now).ConfigureAwait(false),
            ImageBefore = _plan.Before.Image,
            Image = _target?.Reference.ToString() ?? _plan.TargetImage,
            DigestBefore = _plan.Before.Digest,
            Digest = _target?.Reference.Digest,
            Strategy = _plan.Strategy,
            StrategyReason = _plan.Choice.Reason,
            Signature = _plan.Request.Signature?.ToString(),
            Gate = _context.Gate,
            Outage = _prober?.Measured,
            Pin = pin,
            Steps = _steps.Steps,
            Warnings = _context.Warnings,
            // Where it was not the gate that refused it, the error says what to do.
            Recommendation = reason is null || !_context.IsRefused ? null : Recommendation(),
            Duration = _steps.Elapsed,
            Deployment = now,
        };
    }

    // That it is gone, somebody else's doing, is a finding like any other.
    private async Task<Deployment> DescribeAsync(string id)
    {
        var container = await _engine.InspectContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        return container is null ? _plan.Before with { ContainerId = id, State = "removed" }
            : await DeploymentCatalog.GetAsync(_engine, id, CancellationToken.None).ConfigureAwait(false);
    }

    // What was put back is checked like what is new: by asking it.
    private async Task<BuildIdentity?> AnsweringAsync(Deployment deployment)
    {
        if (!deployment.IsRunning
            || await _engine.InspectContainerAsync(deployment.ContainerId, CancellationToken.None).ConfigureAwait(false) is not { } container)
            return null;
        using var route = _context.IsAskedInside
            ? EndpointRoute.Into(container, _engine) : EndpointRoute.To(deployment.Uri ?? ContainerEndpoint.Inside(container), container, _engine);
        return (await HealthProbe.ProbeAsync(new HealthRequest { Uri = route.Uri, Route = route }, CancellationToken.None).ConfigureAwait(false)).Identity;
    }

    private string Recommendation() => _context.Gate switch
    {
        { } gate when StartLog.SaysSchemaIsAhead(gate.Log) =>
            $"The schema is ahead of this image. Invoke-ShoreGuardRollback takes the database back with it. To see how, and at what cost: "
                + $"{Advice.Pipe(_context.Name, $"Get-ShoreGuardRollbackPlan -Image {_plan.TargetImage}")}",
        { Api: { Status: ApiStatus.Inconclusive } api } =>
            $"{api.Recommendation} Or leave -SmokeToken out, and test afterwards: {Advice.Pipe(_context.Name, "Test-ShoreGuardApi")}",
        { Api: { Works: false } } =>
        "The result's Gate.Api shows what each call answered, and Gate.Log what the application wrote; then choose another target.",
        _ => "The result's Gate.Log and Gate.Health show why; then choose another target.",
    };

    public async ValueTask DisposeAsync()
    {
        if (_prober is not null)
            await _prober.DisposeAsync().ConfigureAwait(false);
        _reporter.Progress(new($"Rolling back {_context.Name}", "Done", 100, Completed: true));
    }
}
