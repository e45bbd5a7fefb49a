using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Execution;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>The image rollbacks of the replicas of one service: each with its lock and its record, all of them held at the same time, and ended
/// together.</summary>
internal sealed class ReplicaOperations : IAsyncDisposable
{
    private readonly IReadOnlyList<OperationRunner> _each;

    private ReplicaOperations(IReadOnlyList<OperationRunner> each) => _each = each;

    /// <summary>Their logs, in the order of the plans.</summary>
    public IReadOnlyList<RollbackLog> Logs => [.. _each.Select(each => each.Log)];

    /// <summary>Takes the locks, in the order of their names, so that two who want the same ones do not wait for each other, and writes the
    /// operations down.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="OperationRunner.BeginAsync"/>. None is held then.</exception>
    public static async Task<ReplicaOperations> BeginAsync(IContainerEngine engine, IReadOnlyList<ImageRollbackPlan> plans, CancellationToken cancellation)
    {
        var ids = plans.ToDictionary(plan => plan, plan => plan.Request.Resumed?.Record.Id ?? RollbackLog.NewId());
        var begun = new Dictionary<ImageRollbackPlan, OperationRunner>();
        try
        {
            foreach (var plan in plans.OrderBy(plan => plan.Before.Name, StringComparer.Ordinal))
                begun[plan] = await OperationRunner.BeginAsync(engine, Operation(plan, ids), cancellation).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync(begun.Values).ConfigureAwait(false);
            throw;
        }
        return new([.. plans.Select(plan => begun[plan])]);
    }

    private static Operation Operation(ImageRollbackPlan plan, Dictionary<ImageRollbackPlan, string> ids)
    {
        var (request, before) = (plan.Request, plan.Before);
        var record = RollbackLog.RecordOf(ids[plan], OperationKind.ImageRollback, RollbackStrategy.ImageOnly, before) with
        {
            Image = plan.TargetImage,
            Version = request.Target.Version?.TrimStart('v'),
        };
        var note = RollbackLog.NoteOf(before, before.IsRunning, "") with
        {
            Siblings = [.. ids.Values.Where(id => id != ids[plan])],
            WantsSmokeTest = request.Gate.SmokeToken is not null,
        };
        return new() { State = request.State, Activity = "image rollback", Entry = new(record, Options(request), note), Resumed = request.Resumed };
    }

    private static RollbackOptions Options(ImageRollbackRequest request) => new()
    {
        Version = request.Target.Version,
        GitSha = request.Target.GitSha,
        Image = request.Target.Image,
        Strategy = RollbackStrategy.ImageOnly,
        Switch = request.Strategy,
        Pin = request.Pin,
        GatePatience = request.Gate.Patience,
        GateStability = request.Gate.Stability,
        IgnoredChecks = request.Gate.IgnoredChecks,
        BackupFolder = "",
        Force = request.Force,
    };

    /// <summary>Does the work, and writes down how each of them ended.</summary>
    public async Task<ImageRollbackOutcome> CloseAsync(Func<Task<ImageRollbackOutcome>> work, IReporter reporter)
    {
        ImageRollbackOutcome outcome;
        try
        {
            outcome = await work().ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.UndoFailed))
        {
            foreach (var each in _each)
                each.Leave();
            throw;
        }
        catch (Exception error)
        {
            foreach (var each in _each)
                await each.CloseFailedAsync(error, reporter).ConfigureAwait(false);
            throw;
        }
        foreach (var (each, result) in _each.Zip(outcome.Results))
            await CloseAsync(each, result, reporter).ConfigureAwait(false);
        return outcome;
    }

    // Its container first: killed in between, it is still unfinished, and whoever ends it finds the container in its place.
    private static async Task CloseAsync(OperationRunner runner, ImageRollbackResult result, IReporter reporter)
    {
        if (result.Succeeded)
            await NoteContainerAsync(runner.Log, result, reporter).ConfigureAwait(false);
        var state = StateOf(result.Succeeded, result.Reverted);
        await runner.CloseAsync(new(state, result.Reason, result.Outage?.Duration, []), reporter).ConfigureAwait(false);
        new IncidentRecorder(runner.Log.State, reporter).End(runner.Log.Id, result);
    }

    /// <summary>How a rollback has ended that has succeeded, or was put back, or neither.</summary>
    internal static RollbackState StateOf(bool succeeded, bool reverted) =>
        succeeded ? RollbackState.Succeeded : reverted ? RollbackState.Reverted : RollbackState.Closed;

    // By it an undo knows that nobody has changed the deployment since.
    private static async Task NoteContainerAsync(RollbackLog log, ImageRollbackResult result, IReporter reporter)
    {
        try
        {
            await log.WriteAsync(note => note with { ContainerAfter = result.Deployment.ContainerId }).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"The new container of {result.Name} could not be written down: {Errors.Reason(error.InnerException ?? error)}.");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DisposeAsync(_each);

    private static async ValueTask DisposeAsync(IEnumerable<OperationRunner> runners)
    {
        foreach (var each in runners)
            await each.DisposeAsync().ConfigureAwait(false);
    }
}
