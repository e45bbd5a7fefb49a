using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Runs the steps of an action, keeps how each went, and undoes the done ones in reverse order.</summary>
public sealed class StepRecorder(string activity, IReporter reporter)
{
    private readonly List<StepResult> _steps = [];
    private readonly Stack<(int Index, string Name, Func<Task> Undo)> _undo = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>The steps so far.</summary>
    public IReadOnlyList<StepResult> Steps => _steps;

    /// <summary>Since the first step began.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Runs one step. Its undo is called by <see cref="UndoAsync"/> also when the step itself fails half-way.</summary>
    /// <param name="name">What it does, for people.</param>
    /// <param name="work">The work; what it returns is the step's detail.</param>
    /// <param name="undo">Puts back what the work changed; must hold for work that did not happen or happened in part.</param>
    public async Task RunAsync(string name, Func<Task<string?>> work, Func<Task>? undo = null)
    {
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        reporter.Progress(new(activity, name));
        reporter.Verbose(name);
        if (undo is not null)
            _undo.Push((_steps.Count, name, undo));
        try
        {
            var detail = await work().ConfigureAwait(false);
            Add(name, StepOutcome.Done, started, clock.Elapsed, detail);
        }
        catch (Exception error)
        {
            var why = error is OperationCanceledException ? "stopped by the operator" : error.Message;
            Add(name, StepOutcome.Failed, started, clock.Elapsed, why);
            throw;
        }
    }

    /// <summary>Notes a step for which there was nothing to do.</summary>
    public void Skip(string name, string why) => Add(name, StepOutcome.Skipped, DateTimeOffset.UtcNow, TimeSpan.Zero, why);

    /// <summary>Forgets how to undo: what has been done so far is to stay.</summary>
    public void Commit() => _undo.Clear();

    /// <summary>Undoes in reverse order. Goes on after a failure, so that as much as possible is put back.</summary>
    /// <returns>The failures, each with the step it belongs to; empty when the state before is back.</returns>
    public async Task<IReadOnlyList<(string Step, Exception Error)>> UndoAsync()
    {
        var failures = new List<(string, Exception)>();
        while (_undo.TryPop(out var entry))
        {
            reporter.Progress(new(activity, $"Undoing: {entry.Name}"));
            reporter.Verbose($"Undoing: {entry.Name}");
            try
            {
                await EnginePatience.RunAsync(entry.Undo).ConfigureAwait(false);
                MarkUndone(entry.Index);
            }
            catch (Exception error)
            {
                failures.Add((entry.Name, error));
            }
        }
        return failures;
    }

    private void MarkUndone(int index)
    {
        if (index < _steps.Count && _steps[index].Outcome == StepOutcome.Done)
            _steps[index] = _steps[index] with { Outcome = StepOutcome.Undone };
    }

    private void Add(string name, StepOutcome outcome, DateTimeOffset started, TimeSpan duration, string? detail) =>
        _steps.Add(new StepResult { Number = _steps.Count + 1, Name = name, Outcome = outcome, StartedAt = started, Duration = duration, Detail = detail });
}
