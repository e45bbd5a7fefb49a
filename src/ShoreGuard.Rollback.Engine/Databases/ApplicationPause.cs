using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>The application around a swap of its database: stopped for it where it runs, and started again where its image leaves the schema as it
/// is.</summary>
/// <param name="application">The application; null when no deployment was given.</param>
/// <param name="startsStopped">Whether it is started although it is stopped, because the restore that is undone left it so.</param>
internal sealed class ApplicationPause(ManagedApplication? application, bool startsStopped)
{
    private MigrationGraph? _migrations;
    private ApplicationState _afterUndo = ApplicationState.StartFailed;

    private bool IsStartedAfterwards => application is not null && (application.WasRunning || startsStopped);

    /// <summary>What is done to it, as a part of a sentence; empty when nothing is.</summary>
    public string Description => application is { WasRunning: true } ? $", stopping {application.Deployment.Name} for the swap" : "";

    /// <summary>How long a started application may take to become ready.</summary>
    public TimeSpan Patience { get; set; } = new GateRules().Patience;

    /// <summary>Reads what decides whether it is started, and how it is now. Before anything is stopped, since it starts a container and takes a
    /// second or two.</summary>
    public async Task ObserveAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        if (!IsStartedAfterwards)
            return;
        if (application!.WasRunning)
            await application.Readiness.ObserveAsync(reporter, cancellation).ConfigureAwait(false);
        await steps.RunAsync("Read the migration head of the deployment's image", async () =>
        {
            _migrations = await application.ReadMigrationsAsync(cancellation).ConfigureAwait(false);
            return _migrations is null ? "it cannot be read" : string.Join(", ", _migrations.Heads);
        }).ConfigureAwait(false);
    }

    /// <summary>Stops it where it runs.</summary>
    /// <param name="steps">Where the step is noted.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="mayStart">Asked, when everything has been undone that could be, whether it may be started again; null where it always may.</param>
    public async Task StopAsync(StepRecorder steps, CancellationToken cancellation, Func<bool>? mayStart = null)
    {
        if (application is not { WasRunning: true })
            return;
        await steps.RunAsync($"Stop {application.Deployment.Name}", async () =>
        {
            await application.StopAsync(cancellation).ConfigureAwait(false);
            return null;
        }, () => StartAgainAsync(mayStart?.Invoke() ?? true)).ConfigureAwait(false);
    }

    private async Task StartAgainAsync(bool allowed)
    {
        _afterUndo = allowed ? ApplicationState.StartFailed : ApplicationState.LeftStopped;
        if (!allowed)
            return;
        await application!.StartAsync(CancellationToken.None).ConfigureAwait(false);
        _afterUndo = ApplicationState.Restarted;
    }

    /// <summary>Starts it where that is safe. The database stays whatever becomes of the start: a failure of it is told, and undoes nothing.</summary>
    /// <param name="steps">Where the step is noted.</param>
    /// <param name="revision">The revision of the database now; null when it cannot be read.</param>
    /// <param name="reporter">Where a failure is told.</param>
    /// <param name="cancellation">Stops waiting for it.</param>
    public async Task<(ApplicationState State, string? Recommendation)> StartAsync(
        StepRecorder steps, string? revision, IReporter reporter, CancellationToken cancellation)
    {
        if (application is null)
            return (ApplicationState.NotManaged, null);
        if (!IsStartedAfterwards)
            return (ApplicationState.StayedStopped, RestoreAdvice.Stopped(application.Deployment, revision));
        if (revision is null || _migrations?.Leaves(revision) != true)
        {
            steps.Skip($"Start {application.Deployment.Name}", RestoreAdvice.WhyLeft(_migrations, revision));
            return (ApplicationState.LeftStopped, RestoreAdvice.LeftStopped(application.Deployment, _migrations, revision));
        }
        var clock = new Elapsed(application.Clock);
        try
        {
            await steps.RunAsync($"Start {application.Deployment.Name}", async () =>
            {
                await application.StartAsync(CancellationToken.None).ConfigureAwait(false);
                return null;
            }).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"The database is restored, but {application.Deployment.Name} did not start: {error.Message}");
            return (ApplicationState.StartFailed, RestoreAdvice.StartFailed(application.Deployment));
        }
        return await WaitAsync(application, clock, steps, reporter, cancellation).ConfigureAwait(false);
    }

    private async Task<(ApplicationState State, string? Recommendation)> WaitAsync(
        ManagedApplication started, Elapsed clock, StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        var (state, why) = (ApplicationState.Restarted, (string?)null);
        await steps.RunAsync($"Wait until {started.Deployment.Name} is ready", async () =>
        {
            (state, why) = await started.Readiness.WaitAsync(Patience, clock, reporter, cancellation).ConfigureAwait(false);
            return why ?? (state == ApplicationState.Ready ? "ready" : "not found out");
        }).ConfigureAwait(false);
        if (state == ApplicationState.NotReady)
            reporter.Warning($"The database is restored and {started.Deployment.Name} is started, but not ready: {why}.");
        return (state, RestoreAdvice.Started(started.Deployment, state, why));
    }

    /// <summary>What became of it when everything was put back, as the end of a sentence; empty where there is nothing to tell.</summary>
    public string AfterFailure(TimeSpan outage) => StateAfterFailure switch
    {
        ApplicationState.Restarted => $", and {application!.Deployment.Name} was started again after {Readable.Duration(outage)}",
        ApplicationState.KeptRunning => $", and {application!.Deployment.Name} kept running",
        _ => "",
    };

    /// <summary>What became of it when the restore failed, and was undone as far as it could be.</summary>
    public ApplicationState StateAfterFailure => application switch
    {
        null => ApplicationState.NotManaged,
        { WasRunning: false } => ApplicationState.StayedStopped,
        { WasStopped: false } => ApplicationState.KeptRunning,
        _ => _afterUndo,
    };
}
