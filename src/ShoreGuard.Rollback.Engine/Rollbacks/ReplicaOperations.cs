using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>The image rollbacks of the replicas of one service: each with its lock and its record, all of them held at the same time, and ended together.</summary>
internal sealed class ReplicaOperations : IAsyncDisposable
{
    private readonly List<(DeploymentLock Held, RollbackLog Log)> _each = [];

    /// <summary>Their logs, in the order of the plans.</summary>
    public IReadOnlyList<RollbackLog> Logs => [.. _each.Select(each => each.Log)];

    /// <summary>Takes the locks, in the order of their names, so that two who want the same ones do not wait for each other, and writes the operations down.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="DeploymentLock.TakeAsync"/>; those of the journal. None is held then.</exception>
    public static async Task<ReplicaOperations> BeginAsync(IContainerEngine engine, IReadOnlyList<ImageRollbackPlan> plans, CancellationToken cancellation)
    {
        var ids = plans.ToDictionary(plan => plan, plan => plan.Request.Resumed?.Record.Id ?? RollbackLog.NewId());
        var begun = new Dictionary<ImageRollbackPlan, (DeploymentLock Held, RollbackLog? Log)>();
        try
        {
            foreach (var plan in plans.OrderBy(plan => plan.Before.Name, StringComparer.Ordinal))
            {
                var claim = new LockClaim(plan.Request.State, "image rollback", ids[plan]);
                var held = await DeploymentLock.TakeAsync(engine, plan.Before.Name, claim, cancellation).ConfigureAwait(false);
                begun[plan] = (held, null);
                begun[plan] = (held, await WriteAsync(held, plan, ids).ConfigureAwait(false));
            }
        }
        catch
        {
            await DisposeAsync(begun.Values).ConfigureAwait(false);
            throw;
        }
        var operations = new ReplicaOperations();
        operations._each.AddRange(plans.Select(plan => (begun[plan].Held, begun[plan].Log!)));
        return operations;
    }

    private static Task<RollbackLog> WriteAsync(DeploymentLock held, ImageRollbackPlan plan, Dictionary<ImageRollbackPlan, string> ids)
    {
        var (request, before) = (plan.Request, plan.Before);
        var note = RollbackLog.NoteOf(before, before.IsRunning, "") with
        {
            Siblings = [.. ids.Values.Where(id => id != ids[plan])],
            WantsSmokeTest = request.Gate.SmokeToken is not null,
        };
        if (request.Resumed is { } resumed)
        {
            return RollbackLog.ContinueAsync(request.State, held, resumed, known => note with
            {
                Left = known.Left,
                OutageBefore = known.OutageBefore,
                WantsSmokeTest = known.WantsSmokeTest,
            });
        }
        var record = RollbackLog.RecordOf(ids[plan], OperationKind.ImageRollback, RollbackStrategy.ImageOnly, before) with
        {
            Image = plan.TargetImage,
            Version = request.Target.Version?.TrimStart('v'),
        };
        return RollbackLog.BeginAsync(request.State, held, new(record, Options(request), note));
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
        try
        {
            var outcome = await work().ConfigureAwait(false);
            foreach (var ((_, log), result) in _each.Zip(outcome.Results))
            {
                RollbackLog.Try(() => log.Close(
                    StateOf(result), result.Reason, log.Total(result.Outage?.Duration), []), reporter);
                reporter.Verbose(log.Cost);
                new IncidentRecorder(log.State, reporter).End(log.Id, result);
                if (result.Succeeded)
                    await NoteContainerAsync(log, result, reporter).ConfigureAwait(false);
            }
            return outcome;
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.UndoFailed))
        {
            _each.ForEach(each => each.Held.Leave());
            throw;
        }
        catch (Exception error)
        {
            _each.ForEach(each => RollbackLog.Try(() => each.Log.Close(RollbackState.Reverted, Errors.Reason(error), null, []), reporter));
            throw;
        }
    }

    /// <summary>How an operation has ended whose result this is.</summary>
    internal static RollbackState StateOf(ImageRollbackResult result) =>
        result.Succeeded ? RollbackState.Succeeded : result.Reverted ? RollbackState.Reverted : RollbackState.Closed;

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
    public ValueTask DisposeAsync() => DisposeAsync(_each.Select(each => (each.Held, (RollbackLog?)each.Log)));

    private static async ValueTask DisposeAsync(IEnumerable<(DeploymentLock Held, RollbackLog? Log)> each)
    {
        foreach (var (held, log) in each)
        {
            log?.Dispose();
            await held.DisposeAsync().ConfigureAwait(false);
        }
    }
}
