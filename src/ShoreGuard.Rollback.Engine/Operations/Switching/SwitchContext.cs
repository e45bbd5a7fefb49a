using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Operations.Execution;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>What every strategy works with, and the steps that several of them take.</summary>
internal sealed class SwitchContext(IContainerEngine engine, ImageRollbackPlan plan, StepRecorder steps, RollbackLog log, IReporter reporter)
{
    private static readonly TimeSpan HandOverPatience = TimeSpan.FromSeconds(2);

    private Elapsed? _sinceStart;

    public IContainerEngine Engine { get; } = engine;
    public ImageRollbackPlan Plan { get; } = plan;
    public StepRecorder Steps { get; } = steps;

    /// <summary>A short id of this switch, in every name that exists only while it is made.</summary>
    public string Id { get; private set; } = SwitchNames.NewId(plan.Before.IsRunning);
    public string Name => Plan.Before.Name;
    public string OldId => Plan.Before.ContainerId;

    /// <summary>Writes down that nobody is served from now on, or for a moment from now on.</summary>
    public Task NoteOutageAsync() => Plan.Before.IsRunning ? log.WriteAsync(note => note with { DownSince = DateTimeOffset.UtcNow }) : Task.CompletedTask;

    /// <summary>What the operator should know, each a sentence: what the plan said, and what was found on the way.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    private readonly List<string> _warnings = [.. plan.Warnings];

    /// <summary>Says what was found on the way, and keeps it for the result.</summary>
    public void Warn(string warning)
    {
        _warnings.Add(warning);
        reporter.Warning(warning);
    }

    /// <summary>The new container, created and not started.</summary>
    public string NewId { get; set; } = "";
    /// <summary>What the new build has to show.</summary>
    public BuildIdentity Expected { get; set; } = new() { Source = "" };
    /// <summary>Whether the published port cannot be reached from here, so that the application is asked inside its container's network.</summary>
    public bool IsAskedInside { get; set; }
    /// <summary>What measures the outage; null where nothing is asked.</summary>
    public OutageProber? Prober { get; set; }
    /// <summary>The last gate's finding.</summary>
    public GateResult? Gate { get; private set; }
    /// <summary>Whether the gate has refused the new build, as against a failure of ours.</summary>
    public bool IsRefused => Gate is { Passed: false };

    /// <summary>Says that no pin will tell, after a kill, whether the new container has held. Before anything has a name with the id in it.</summary>
    public void HasNoTellingPin() => Id = SwitchNames.NewId(Plan.Before.IsRunning, pinTells: false);

    /// <summary>Gives the old container a name of its own for the time being, and its name to the new one.</summary>
    public async Task ExchangeNamesAsync(CancellationToken cancellation)
    {
        await Steps.RunAsync("Rename the old container aside", () => RenameAsync(OldId, SwitchNames.Old(Name, Id), cancellation), () => NameAsync(OldId, Name))
            .ConfigureAwait(false);
        await Steps.RunAsync("Give its name to the new container", () =>
            RenameAsync(NewId, Name, cancellation), () => NameAsync(NewId, SwitchNames.New(Name, Id))).ConfigureAwait(false);
    }

    /// <summary>Starts the new container. The next gate's patience counts from here: how long a start may take includes the engine's part of it.</summary>
    public Task StartNewAsync(CancellationToken cancellation)
    {
        _sinceStart = new(Engine.Clock);
        return Steps.RunAsync("Start the new container", () => Quietly(Engine.StartContainerAsync(NewId, cancellation)), StopNewAsync);
    }

    // Where nothing else gave its port free, it has been removed already.
    private async Task StopNewAsync()
    {
        if (await Engine.InspectContainerAsync(NewId, CancellationToken.None).ConfigureAwait(false) is not null)
            await Engine.StopContainerAsync(NewId, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Watches the new build until it has held; throws when it has not.</summary>
    /// <param name="step">The step's name.</param>
    /// <param name="endpoint">Where it answers.</param>
    /// <param name="cancellation">Stops watching.</param>
    public Task PassGateAsync(string step, Uri endpoint, CancellationToken cancellation) => PassGateAsync(step, endpoint, Plan.Request.Gate, cancellation);

    /// <summary>Watches the new build, which was ready a moment ago, where it has just taken over: one that does not even answer there is not waited
    /// for, since the old one can serve again at once.</summary>
    public Task PassGateAfterHandOverAsync(string step, Uri endpoint, CancellationToken cancellation) =>
        PassGateAsync(step, endpoint, Plan.Request.Gate with { AnswersWithin = HandOverPatience }, cancellation);

    private Task PassGateAsync(string step, Uri endpoint, GateRules rules, CancellationToken cancellation) => Steps.RunAsync(step, async () =>
    {
        var clock = _sinceStart ?? new(Engine.Clock);
        _sinceStart = null;
        Gate = await new HealthGate(Engine, rules, IsAskedInside, reporter).WatchAsync(NewId, endpoint, Expected, clock, cancellation).ConfigureAwait(false);
        return Gate.Passed ? $"{Gate.Health?.Identity}{(Gate.Api is null ? "" : ", its API works")}" : throw new GateRefusedException(Gate.Reason!);
    });

    /// <summary>Removes the old container, for good.</summary>
    public Task RemoveOldAsync() => TidyAsync("Remove the old container", () => Engine.RemoveContainerAsync(OldId, CancellationToken.None));

    /// <summary>Takes something away that is no longer needed. The rollback has held: a left-over is no reason to undo it.</summary>
    public async Task TidyAsync(string step, Func<Task> work)
    {
        try
        {
            await Steps.RunAsync(step, () => Quietly(OutagePatience.RunAsync(work))).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            Warn($"{step}: {Errors.Reason(error)}. Look for a container or network named {SwitchNames.Old(Name, Id)} or "
                + $"{SwitchNames.Network(Name, Id)}, and remove it with docker.");
        }
    }

    /// <summary>Where the new container answers now.</summary>
    public async Task<Uri> EndpointOfNewAsync(CancellationToken cancellation)
    {
        var started = await DeploymentCatalog.GetAsync(Engine, NewId, cancellation).ConfigureAwait(false);
        // One without an address answers inside its own network alone. One that has ended at once has none any more; the gate says how it ended.
        return started.Uri ?? Plan.Before.Uri ?? ContainerEndpoint.Inside(Plan.Container);
    }

    /// <summary>For a step that has nothing to tell.</summary>
    public static async Task<string?> Quietly(Task work)
    {
        await work.ConfigureAwait(false);
        return null;
    }

    private async Task<string?> RenameAsync(string id, string name, CancellationToken cancellation)
    {
        await Engine.RenameContainerAsync(id, name, cancellation).ConfigureAwait(false);
        return name;
    }

    /// <summary>Sees to it that a container has a name: the step may have failed before it did anything, and the engine refuses to rename to the name
    /// a container has.</summary>
    public async Task NameAsync(string id, string name)
    {
        var container = await Engine.InspectContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        if (container is not null && container.Name != name)
            await Engine.RenameContainerAsync(id, name, CancellationToken.None).ConfigureAwait(false);
    }
}

/// <summary>Carries a refusal from the gate's step to the undoing.</summary>
internal sealed class GateRefusedException(string reason) : Exception(reason);
