using System.Runtime.ExceptionServices;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Execution;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>Switches the replicas of one service one after another, each with its gate: all of them, or none. Of one container, just that.</summary>
/// <remarks>
/// The old containers are kept until all new ones have held, and the pin, which is for all of them, is written once, at that moment.
/// So after a kill it tells whether the switch of each is to be finished or undone.
/// </remarks>
internal sealed class ReplicaSwitch : IAsyncDisposable
{
    private readonly IReadOnlyList<RollbackLog> _logs;
    private readonly List<ImageSwitch> _switches;
    private ImageSwitch _current;
    private PreparedPin? _pin;

    public ReplicaSwitch(IContainerEngine engine, IReadOnlyList<ImageRollbackPlan> plans, IReadOnlyList<RollbackLog> logs, IReporter reporter)
    {
        _logs = logs;
        _switches = [.. plans.Zip(logs, (plan, log) => new ImageSwitch(engine, plan, log, reporter))];
        _current = _switches[0];
    }

    // Whose steps the pin's are: the last one's, since it is written last and undone first.
    private ImageSwitch Last => _switches[^1];

    public async Task<ImageRollbackOutcome> RunAsync(CancellationToken cancellation)
    {
        try
        {
            await PrepareAsync(cancellation).ConfigureAwait(false);
            await EachAsync(each => each.SwitchAsync(cancellation)).ConfigureAwait(false);
            if (_pin is not null)
                await Last.PinAsync(_pin).ConfigureAwait(false);
            await EachAsync(each => each.LookOnceMoreAsync()).ConfigureAwait(false);
            await WriteAsync(note => note with { HasHeld = true, DownSince = null }).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            return await RevertAsync(cause).ConfigureAwait(false);
        }
        await EachAsync(each => each.FinishAsync()).ConfigureAwait(false);
        return await ConcludeAsync().ConfigureAwait(false);
    }

    private async Task<ImageRollbackOutcome> ConcludeAsync()
    {
        var (results, failure) = (new List<ImageRollbackResult>(), default(ShoreGuardException));
        await EachAsync(async each =>
        {
            var result = await each.ResultOfHeldAsync(_pin?.Record).ConfigureAwait(false);
            failure ??= result.Succeeded ? null : Errors.TargetTakenDown(result);
            results.Add(result);
        }).ConfigureAwait(false);
        return new(results, failure);
    }

    private async Task PrepareAsync(CancellationToken cancellation)
    {
        await EachAsync(each => each.VerifyAsync(cancellation)).ConfigureAwait(false);
        _pin = await Last.PreparePinAsync().ConfigureAwait(false);
        if (_pin is { Record: { } record })
            await WriteAsync(note => note with { Pin = record, PinFileExisted = File.Exists(record.Path) }).ConfigureAwait(false);
        await EachAsync(each => each.CreateAsync(_pin, cancellation)).ConfigureAwait(false);
        await EachAsync(each => each.PrepareChangeAsync(cancellation)).ConfigureAwait(false);
    }

    private async Task WriteAsync(Func<RollbackNote, RollbackNote> change)
    {
        foreach (var log in _logs)
            await log.WriteAsync(change).ConfigureAwait(false);
    }

    private async Task EachAsync(Func<ImageSwitch, Task> work)
    {
        foreach (var each in _switches)
        {
            _current = each;
            await work(each).ConfigureAwait(false);
        }
    }

    private async Task<ImageRollbackOutcome> RevertAsync(Exception cause)
    {
        var failed = _current;
        var failures = new List<(string Step, Exception Error)>();
        foreach (var each in Enumerable.Reverse(_switches))
        {
            var own = await each.UndoAsync().ConfigureAwait(false);
            failures.AddRange(_switches.Count == 1 ? own : own.Select(failure => ($"{each.Name}: {failure.Step}", failure.Error)));
        }
        if (failures.Count > 0)
            throw Errors.UndoFailed(failed.Name, $"The rollback of {failed.Name}", cause, failures);
        if (!_switches.Exists(each => each.HasBegun))
            ExceptionDispatchInfo.Throw(Errors.Undone(cause, failed.Name, $"The rollback of {failed.Name}", "it was not switched") ?? cause);
        foreach (var each in _switches.Where(each => each.HasBegun))
            await each.AssertServingAgainAsync(cause).ConfigureAwait(false);
        return await ReportAsync(failed, cause).ConfigureAwait(false);
    }

    private async Task<ImageRollbackOutcome> ReportAsync(ImageSwitch failed, Exception cause)
    {
        var (results, others) = (new List<ImageRollbackResult>(), _switches.Count - 1);
        foreach (var each in _switches)
        {
            var reason = each == failed ? Errors.Reason(cause) : $"another replica failed: {failed.Name}: {Errors.Reason(cause)}";
            results.Add(await each.ResultOfPutBackAsync(reason).ConfigureAwait(false));
        }
        var its = results[_switches.IndexOf(failed)];
        return new(results, cause switch
        {
            GateRefusedException => Errors.GateRefused(its, others),
            OperationCanceledException => Errors.RollbackStopped(its, others),
            _ => Errors.RollbackReverted(its, others, cause),
        });
    }

    public async ValueTask DisposeAsync()
    {
        _pin?.Dispose();
        foreach (var each in _switches)
            await each.DisposeAsync().ConfigureAwait(false);
    }
}
