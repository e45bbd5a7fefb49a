using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Engine.Operations.Switching;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>Runs a plan: image and database within one outage, every step written ahead to the journal, all of it or nothing.</summary>
public sealed class RollbackExecution : IAsyncDisposable
{
    private readonly PreparedRollback _prepared;
    private readonly RollbackJournal.Entry? _resumed;

    // What is restored, proven before anybody is asked; null when nothing is, and once it is run.
    private RestoreChange? _restore;

    private RollbackExecution(PreparedRollback prepared, RestoreChange? restore, RollbackJournal.Entry? resumed) =>
        (_prepared, _restore, _resumed) = (prepared, restore, resumed);

    /// <summary>The plan that is run.</summary>
    public RollbackPlan Plan => _prepared.Plan;

    /// <summary>What will be done and what it costs, as a sentence without its full stop.</summary>
    public string Description
    {
        get
        {
            var what = Plan.Strategy switch
            {
                RollbackStrategy.Downgrade =>
                    $", taking the database from {string.Join(", ", Plan.Schema.Revisions)} down to {string.Join(", ", Plan.Schema.Heads)}",
                RollbackStrategy.Restore =>
                    _prepared.Restore is { IsKept: true } kept ? $", putting back the database {kept.Source}" : $", restoring {Plan.Backup!.BackupPath}",
                _ => "",
            };
            var block = Left is { } left ? $", and block {left}" : "";
            var from = Plan.From?.ToString() ?? Plan.Deployment.Image;
            return $"Roll {Plan.Name} back from {from} to {Plan.To}{what} (plan {Plan.Id}){block}{PlanCosts.Describe(Plan)}";
        }
    }

    /// <summary>Plans, proves what is to be restored, and refuses what cannot be run.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="given">The plan that the operator has seen; null when there is none. It has to hold still.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>PlanForeign</c>, <c>PlanEdited</c>, <c>PlanStale</c>, <c>SymptomGone</c>, <c>RollbackImpossible</c>,
    /// those of planning, and those of a restore that is planned.</exception>
    public static async Task<RollbackExecution> PlanAsync(RollbackRequest request, RollbackPlan? given, IReporter reporter, CancellationToken cancellation)
    {
        if (given is not null)
        {
            PlanSeal.Check(given);
            // As it is now: that its container is another one is a reason, and not a surprise.
            request = request with { Deployment = await DeploymentCatalog.GetAsync(given.Name, given.Deployment.DockerHost, cancellation)
                .ConfigureAwait(false) };
        }
        var prepared = await RollbackPlanner.PrepareAsync(request with { Id = given?.Id ?? request.Id }, reporter, cancellation).ConfigureAwait(false);
        return await MakeAsync(prepared, given, resumed: null, reporter, cancellation).ConfigureAwait(false);
    }

    private static async Task<RollbackExecution> MakeAsync(
        PreparedRollback prepared, RollbackPlan? given, RollbackJournal.Entry? resumed, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            if (given is not null)
                RequireHolding(given, prepared.Plan);
            return prepared.Plan.CanRun
                ? new(prepared, await PlanRestoreAsync(prepared, reporter, cancellation).ConfigureAwait(false), resumed)
                : throw Errors.RollbackImpossible(prepared.Plan);
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    private static async Task<RestoreChange?> PlanRestoreAsync(PreparedRollback prepared, IReporter reporter, CancellationToken cancellation)
    {
        if (prepared.Restore is not var (source, isKept))
            return null;
        var folder = prepared.Plan.Options.BackupFolder;
        var request = new DatabaseRequest { Deployment = prepared.Plan.Deployment, BaseFolder = folder };
        return await RestoreChange.PlanAsync(request, prepared.Request.State, source, isKept, folder, reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary>One that goes on with a rollback that the journal has.</summary>
    internal static async Task<RollbackExecution> ResumeAsync(
        RollbackJournal.Entry entry, Deployment deployment, RollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        var prepared = await RollbackPlanner.PrepareAsync(
            request with { Deployment = deployment, IsResumed = true, Id = entry.Record.Id }, reporter, cancellation).ConfigureAwait(false);
        return await MakeAsync(prepared, given: null, entry, reporter, cancellation).ConfigureAwait(false);
    }

    private static void RequireHolding(RollbackPlan given, RollbackPlan now)
    {
        if (PlanFacts.Changes(given, now) is { Count: > 0 } changes)
            throw Errors.PlanStale(given, changes);
        // The runbook: stop as soon as the symptom is gone.
        if (!given.Health.IsHealthy && now.Health.IsHealthy && !given.Options.Force)
            throw Errors.SymptomGone(given, now.Health);
    }

    /// <summary>Runs it. If anything fails, everything is put back in reverse order.</summary>
    /// <exception cref="ShoreGuardException">What failed, with the <see cref="RollbackResult"/> in <c>Result</c> where the switch had begun;
    /// <c>UndoFailed</c> when putting back failed too.</exception>
    public async Task<RollbackResult> RunAsync(IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(Plan.Deployment.DockerHost, cancellation).ConfigureAwait(false);
        var entry = RollbackLog.EntryOf(Plan, Note(), _prepared.Request.Reverted?.Record.Id);
        var operation = new Operation { State = State, Activity = "rollback", Entry = entry, Resumed = _resumed };
        await using var runner = await OperationRunner.BeginAsync(engine, operation, cancellation).ConfigureAwait(false);
        // Let go of once its record is closed: what may go wrong then is no failure of the rollback.
        await using var change = TakeChange(runner.Log, reporter);
        var (result, failure) = await runner.RunAsync(() => RunAsync(engine, change, runner.Log, reporter, cancellation), End, reporter)
            .ConfigureAwait(false);
        if (IsIncident)
            new IncidentRecorder(State, reporter).End(result, Plan);
        return failure is null ? result : throw Errors.RollbackFailed(result, failure);
    }

    private static OperationEnd End((RollbackResult Result, ShoreGuardException? Failure) ended)
    {
        var result = ended.Result;
        return new(ReplicaOperations.StateOf(result.Succeeded, result.Reverted), result.Reason, result.Outage?.Duration, result.Revisions);
    }

    private StateStore State => _prepared.Request.State;

    // An undo belongs to the incident of what it undoes.
    private bool IsIncident => _prepared.Request.Reverted is null;

    private RollbackNote Note() => RollbackLog.NoteOf(Plan.Deployment, Plan.Deployment.IsRunning, Plan.Options.BackupFolder) with
    {
        FailedBefore = [.. Plan.Health.Checks.Where(check => check.State is CheckState.Failed or CheckState.Dead).Select(check => check.Name)],
        BackupPath = Plan.Backup?.BackupPath,
        WantsSmokeTest = _prepared.Request.SmokeToken is not null,
        Silences = _prepared.Request.Silences,
        Blocks = Left,
    };

    // What an undo leaves is not known to be bad.
    private BlockedImage? Left => _prepared.Request.Reverted is null ? LeftBuild.Of(Plan) : null;

    private async Task<(RollbackResult Result, ShoreGuardException? Failure)> RunAsync(
        IContainerEngine engine, IDatabaseChange? change, RollbackLog log, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            Remember(() => State.Deployments.Remember(Plan.Deployment), reporter);
            if (IsIncident && _resumed is null)
                await new IncidentRecorder(State, reporter).BeginAsync(engine, Plan, _prepared.Images, cancellation).ConfigureAwait(false);
            var images = change is null ? _prepared.Images : _prepared.Images.With(change);
            await using var execution = new ReplicaSwitch(engine, [images], [log], reporter);
            var outcome = await execution.RunAsync(cancellation).ConfigureAwait(false);
            await ConcludeAsync(change).ConfigureAwait(false);
            return await ReportAsync(outcome, change, log, reporter).ConfigureAwait(false);
        }
        // What could not be put back stays unfinished, with what its recovery needs, so that an undo can try again.
        catch (Exception error) when (error is not ShoreGuardException { Id: nameof(Errors.UndoFailed) })
        {
            await ConcludeAsync(change).ConfigureAwait(false);
            throw;
        }
    }

    // Whoever runs it lets go of it.
    private IDatabaseChange? TakeChange(RollbackLog log, IReporter reporter)
    {
        if (_prepared.Downgrade is { } downgrade)
            return new DowngradeChange(downgrade, log, reporter);
        var restore = _restore?.LoggedTo(log);
        _restore = null;
        return restore;
    }

    private static Task ConcludeAsync(IDatabaseChange? change) => change?.ConcludeAsync() ?? Task.CompletedTask;

    private async Task<(RollbackResult Result, ShoreGuardException? Failure)> ReportAsync(
        ImageRollbackOutcome outcome, IDatabaseChange? change, RollbackLog log, IReporter reporter)
    {
        var image = outcome.Results[0];
        var revisions = await ReadRevisionsAsync(image.Deployment, reporter).ConfigureAwait(false);
        var result = RollbackResults.From(Plan, image, change, revisions, isUndo: _prepared.Request.Reverted is not null);
        result = result with { Kept = [.. result.Kept, .. log.Note.Left] };
        if (image.Succeeded)
        {
            // Its row is the plan's last.
            var blocked = await LeftBuild.BlockAsync(log, reporter, step => $"{Plan.Steps.Count} of {Plan.Steps.Count}: {step}").ConfigureAwait(false);
            result = RollbackResults.With(result, blocked);
            ImageRollback.Remember(State, image, Plan.Options.GateStability, reporter, Plan.Strategy);
            Remember(() => State.Deployments.Remember(image.Deployment), reporter);
            await RememberAsync(() => log.WriteAsync(note => note with { ContainerAfter = image.Deployment.ContainerId }), reporter).ConfigureAwait(false);
        }
        return (result, outcome.Failure);
    }

    private static async Task<IReadOnlyList<string>> ReadRevisionsAsync(Deployment deployment, IReporter reporter)
    {
        try
        {
            using var access = await DatabaseAccess.OpenAsync(new() { Deployment = deployment, BaseFolder = "/" }, reporter, CancellationToken.None)
                .ConfigureAwait(false);
            return await access.Database.ReadRevisionsAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"The database's revision could not be read once more: {error.Message}");
            return [];
        }
    }

    // It is done, or undone: a journal that cannot be written changes nothing of that.
    private static void Remember(Action write, IReporter reporter) => RollbackLog.Try(write, reporter);

    private static async Task RememberAsync(Func<Task> write, IReporter reporter)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"What has become of {error.Target ?? "it"} could not be written down: {Errors.Reason(error.InnerException ?? error)}.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_restore is not null)
            await _restore.DisposeAsync().ConfigureAwait(false);
        _prepared.Dispose();
    }
}
