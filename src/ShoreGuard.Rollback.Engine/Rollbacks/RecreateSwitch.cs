using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>The strategy Recreate: everything slow first, then stop, rename, start, gate; the old container goes last.</summary>
internal sealed class RecreateSwitch(DockerEngine engine, ImageRollbackPlan plan, IReporter reporter) : IAsyncDisposable
{
    private readonly StepRecorder _steps = new($"Rolling back {plan.Before.Name}", reporter);
    private readonly List<string> _warnings = [];
    private readonly string _id = SwitchNames.NewId();
    private readonly string _name = plan.Before.Name;
    private readonly string _oldId = plan.Before.ContainerId;

    private ImageResolver.Verified? _target;
    private ComposePin? _pin;
    private AtomicFile? _preparedPin;
    private Pin? _writtenPin;
    private string? _newId;
    private OutageProber? _prober;
    private GateResult? _gate;
    private bool _switching;
    private bool _answeredBefore;

    public async Task<ImageRollbackResult> RunAsync(CancellationToken cancellation)
    {
        try
        {
            await PrepareAsync(cancellation).ConfigureAwait(false);
            await SwitchAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            await RevertAsync(cause).ConfigureAwait(false);
            throw; // not reached when the switch had begun
        }
        _steps.Commit();
        await RemoveOldAsync().ConfigureAwait(false);
        return await ResultAsync(_newId!, reason: null).ConfigureAwait(false);
    }

    private async Task PrepareAsync(CancellationToken cancellation)
    {
        var resolver = new ImageResolver(engine, reporter);
        await _steps.RunAsync($"Pull and verify {plan.Target.Reference.Tag ?? "the image"}", async () =>
        {
            _target = await resolver.PullAndVerifyAsync(plan.Target, plan.Request.Target, plan.Image, cancellation).ConfigureAwait(false);
            return $"{_target.Identity}, {_target.Reference.Digest ?? "local image"}";
        }).ConfigureAwait(false);
        await _steps.RunAsync("Check that there is a way back", () => CheckWayBackAsync(cancellation)).ConfigureAwait(false);
        await PreparePinAsync().ConfigureAwait(false);
        await _steps.RunAsync("Create the new container", () => CreateAsync(cancellation), UndoCreateAsync).ConfigureAwait(false);
    }

    // ShoreGuard migrates the database to its image's head at every start. If the image that runs now does not know that head, it
    // would not start again, so a failed gate could not be undone.
    private async Task<string?> CheckWayBackAsync(CancellationToken cancellation)
    {
        var current = MigrationProbe.TryReadAsync(engine, plan.Before.ImageId, cancellation);
        var target = await MigrationProbe.TryReadAsync(engine, _target!.ImageId, cancellation).ConfigureAwait(false);
        if (await current.ConfigureAwait(false) is not { } known || target is null)
            return "the migrations of an image could not be read";
        var unknown = target.Heads.Where(head => !known.Knows(head)).ToArray();
        return unknown.Length == 0
            ? $"the old image knows the target's head, {string.Join(", ", target.Heads)}"
            : throw Errors.TargetMigratesForward(plan.TargetImage, unknown, plan.Before.Image);
    }

    private async Task PreparePinAsync()
    {
        if (plan.Request.Pin == PinTarget.None)
        {
            _warnings.Add("Nothing was pinned, as asked: the next 'docker compose up' may bring the old build back.");
            return;
        }
        _pin = ComposePin.Find(plan.Before, _target!.Reference, out var obstacle);
        if (_pin is null)
        {
            _warnings.Add($"The target is not pinned: {obstacle}.");
            return;
        }
        if (_pin.IsOverridden)
            _warnings.Add($"This shell exports {_pin.Variable}, which beats the pin in {_pin.Path} at the next 'docker compose up': unset it.");
        await _steps.RunAsync($"Prepare the pin in {Path.GetFileName(_pin.Path)}", () =>
        {
            try
            {
                if (Directory.Exists(_pin.Path))
                    throw new IOException("it is a folder");
                var old = File.Exists(_pin.Path) ? File.ReadAllBytes(_pin.Path) : null;
                var file = EnvFile.Read(old);
                _writtenPin = new Pin { Path = _pin.Path, Variable = _pin.Variable, OldValue = file[_pin.Variable], NewValue = _pin.NewValue };
                _preparedPin = AtomicFile.Prepare(_pin.Path, file.With(_pin.Variable, _pin.NewValue).ToBytes());
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw Errors.PinNotWritable(_pin.Path, error);
            }
            return Task.FromResult<string?>($"{_pin.Variable}={_pin.NewValue}");
        }).ConfigureAwait(false);
    }

    private async Task<string?> CreateAsync(CancellationToken cancellation)
    {
        var view = await DescribeAsPinnedAsync(cancellation).ConfigureAwait(false);
        var labels = new Dictionary<string, string>();
        if (view is not null)
        {
            labels[ComposeLabels.ConfigHash] = view.Hash;
            labels[ComposeLabels.Image] = _target!.ImageId;
        }
        var reference = _target!.Reference.ToString();
        var recipe = ContainerRecipe.From(plan.Container, plan.Image, reference, view?.Variables ?? new HashSet<string>(), labels);
        _newId = await engine.CreateContainerAsync(SwitchNames.New(_name, _id), recipe.Body, cancellation).ConfigureAwait(false);
        foreach (var (network, endpoint) in recipe.FurtherNetworks)
            await engine.ConnectNetworkAsync(network, _newId, endpoint, cancellation).ConfigureAwait(false);
        return _newId[..12];
    }

    // The hash has to be the one Compose will compute after the pin is in place: an exported variable beats the file, so asking
    // under the pin's value gives it beforehand.
    private async Task<ComposeCli.ServiceView?> DescribeAsPinnedAsync(CancellationToken cancellation)
    {
        if (plan.Before.Service is null || plan.Before.ComposeFiles.Count == 0 || plan.Before.ComposeDirectory is null)
            return null;
        var variables = new Dictionary<string, string?>();
        if (_pin is not null)
            variables[_pin.Variable] = _pin.NewValue;
        var view = await ComposeCli.DescribeAsync(plan.Before, variables, reporter, cancellation).ConfigureAwait(false);
        if (view is null)
            _warnings.Add("Docker Compose could not be asked about this project, so the next 'docker compose up' will make the container once more, with the pinned image.");
        else if (_pin is not null && view.Image != _target!.Reference.ToString())
            _warnings.Add($"With the pin, Compose would run {view.Image} and not {_target.Reference}: the repository in the Compose file is another one.");
        return view;
    }

    private Task UndoCreateAsync() => _newId is null ? Task.CompletedTask : engine.RemoveContainerAsync(_newId, CancellationToken.None);

    private async Task SwitchAsync(CancellationToken cancellation)
    {
        if (plan.Before.Uri is { } endpoint)
        {
            _prober = OutageProber.Start(endpoint);
            _answeredBefore = await _prober.FirstAnsweredAsync().ConfigureAwait(false);
        }
        _switching = true;
        if (plan.Before.IsRunning)
            await _steps.RunAsync("Stop the old container", () => Quietly(engine.StopContainerAsync(_oldId, cancellation)), StartOldAsync).ConfigureAwait(false);
        await _steps.RunAsync("Rename the old container aside", () => Renamed(_oldId, SwitchNames.Old(_name, _id), cancellation), () => NameAsync(_oldId, _name)).ConfigureAwait(false);
        await _steps.RunAsync("Give its name to the new container", () => Renamed(_newId!, _name, cancellation), () => NameAsync(_newId!, SwitchNames.New(_name, _id))).ConfigureAwait(false);
        await _steps.RunAsync("Start the new container", () => Quietly(engine.StartContainerAsync(_newId!, cancellation)), StopNewAsync).ConfigureAwait(false);
        await _steps.RunAsync("Gate: live, ready, the right build", () => PassGateAsync(cancellation)).ConfigureAwait(false);
        if (_preparedPin is not null)
            await _steps.RunAsync($"Pin in {Path.GetFileName(_preparedPin.Path)}", WritePinAsync).ConfigureAwait(false);
    }

    private async Task<string?> PassGateAsync(CancellationToken cancellation)
    {
        var started = await DeploymentCatalog.GetAsync(engine, _newId!, cancellation).ConfigureAwait(false);
        var endpoint = started.Uri ?? plan.Before.Uri;
        if (endpoint is null && started.IsRunning)
            throw Errors.EndpointUnknown(_name);
        // A container that has ended at once has no address any more; the gate then says how it ended.
        var gate = new HealthGate(engine, plan.Request.Gate, reporter);
        _gate = await gate.WatchAsync(_newId!, endpoint ?? new Uri("http://localhost:8888"), _target!.Identity, cancellation).ConfigureAwait(false);
        return _gate.Passed ? $"{_gate.Health?.Identity}" : throw new GateRefusedException(_gate.Reason!);
    }

    private Task<string?> WritePinAsync()
    {
        try
        {
            _preparedPin!.Commit();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.PinNotWritable(_pin!.Path, error);
        }
        return Task.FromResult<string?>($"{_pin!.Variable}={_pin.NewValue}");
    }

    private async Task RemoveOldAsync()
    {
        try
        {
            await _steps.RunAsync("Remove the old container", () => Quietly(engine.RemoveContainerAsync(_oldId, CancellationToken.None))).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            // The rollback itself has held; a left-over is no reason to undo it.
            _warnings.Add($"The old container {SwitchNames.Old(_name, _id)} could not be removed: {Errors.Reason(error)}. Remove it with docker rm.");
        }
    }

    private async Task RevertAsync(Exception cause)
    {
        var failures = await _steps.UndoAsync().ConfigureAwait(false);
        if (failures.Count > 0)
            throw Errors.UndoFailed(_name, $"The rollback of {_name}", cause, failures);
        if (!_switching || cause is OperationCanceledException)
            return;
        await AssertServingAgainAsync(cause).ConfigureAwait(false);
        var result = await ResultAsync(_oldId, Errors.Reason(cause)).ConfigureAwait(false);
        throw cause is GateRefusedException ? Errors.GateRefused(result) : Errors.RollbackReverted(result, cause);
    }

    // Started is not serving: what answered before has to answer again before this may be called undone.
    private async Task AssertServingAgainAsync(Exception cause)
    {
        if (_prober is null || !_answeredBefore)
            return;
        await _prober.WaitForAnswerAsync(plan.Request.Gate.Patience).ConfigureAwait(false);
        if (_prober.Measured is { Began: not null, Ended: null })
            throw Errors.UndoFailed(_name, $"The rollback of {_name}", cause, [("Start the old container", new TimeoutException("it was started again, but does not answer"))]);
    }

    private async Task<ImageRollbackResult> ResultAsync(string containerId, string? reason)
    {
        var now = await DeploymentCatalog.GetAsync(engine, containerId, CancellationToken.None).ConfigureAwait(false);
        return new ImageRollbackResult
        {
            Succeeded = reason is null,
            Reverted = reason is not null,
            Reason = reason,
            Name = _name,
            Before = plan.Before.Identity,
            After = reason is null ? _gate?.Health?.Identity : await AnsweringAsync(now).ConfigureAwait(false),
            ImageBefore = plan.Before.Image,
            Image = _target?.Reference.ToString() ?? plan.TargetImage,
            DigestBefore = plan.DigestBefore,
            Digest = _target?.Reference.Digest,
            Strategy = plan.Strategy,
            Gate = _gate,
            Outage = _prober?.Measured,
            Pin = reason is null ? _writtenPin : null,
            Steps = _steps.Steps,
            Warnings = _warnings,
            Recommendation = reason is null ? null : Recommendation(),
            Duration = _steps.Elapsed,
            Deployment = now,
        };
    }

    // What was put back is checked like what is new: by asking it.
    private static async Task<BuildIdentity?> AnsweringAsync(Deployment deployment) => deployment is { IsRunning: true, Uri: { } endpoint }
        ? (await HealthProbe.ProbeAsync(new HealthRequest { Uri = endpoint }, CancellationToken.None).ConfigureAwait(false)).Identity
        : null;

    private string Recommendation() => _gate is not null && HealthGate.IsSchemaAhead(_gate)
        ? "The schema is ahead of this image: restore a backup that it knows with Restore-ShoreGuardDatabase, or downgrade the schema with the newer image, and roll back again."
        : "Read the result's Gate.Log and Gate.Health, then choose another target.";

    private async Task StartOldAsync() => await engine.StartContainerAsync(_oldId, CancellationToken.None).ConfigureAwait(false);

    private async Task StopNewAsync() => await engine.StopContainerAsync(_newId!, CancellationToken.None).ConfigureAwait(false);

    private async Task<string?> Renamed(string id, string name, CancellationToken cancellation)
    {
        await engine.RenameContainerAsync(id, name, cancellation).ConfigureAwait(false);
        return name;
    }

    // The step may have failed before it did anything, and the engine refuses to rename to the name a container has.
    private async Task NameAsync(string id, string name)
    {
        var container = await engine.InspectContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        if (container is not null && DeploymentCatalog.NameOf(container) != name)
            await engine.RenameContainerAsync(id, name, CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task<string?> Quietly(Task work)
    {
        await work.ConfigureAwait(false);
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        _preparedPin?.Dispose();
        if (_prober is not null)
            await _prober.DisposeAsync().ConfigureAwait(false);
        reporter.Progress(new($"Rolling back {_name}", "Done", 100, Completed: true));
    }

    /// <summary>Carries a refusal from the gate's step to the undoing; never leaves this class.</summary>
    private sealed class GateRefusedException(string reason) : Exception(reason);
}
