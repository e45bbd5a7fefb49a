using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Where the steps of an action are written down before they are taken, and closed after.</summary>
internal interface IStepLog
{
    /// <summary>A step is about to be taken. Others may be taken within it.</summary>
    /// <returns>Its number, by which its end is written down.</returns>
    int Begin(string name);

    /// <summary>It has been.</summary>
    void End(int step, StepOutcome outcome, string? detail);
}

/// <summary>Runs the steps of an action, keeps how each went, and undoes the done ones in reverse order.</summary>
public sealed class StepRecorder
{
    private readonly string _activity;
    private readonly IReporter _reporter;
    private readonly IStepLog? _log;
    private readonly Func<string, string>? _place;
    private readonly List<StepResult> _steps = [];
    private readonly Stack<(int Index, string Name, Func<Task> Undo)> _undo = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Makes one.</summary>
    /// <param name="activity">What the steps are of, for people.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    public StepRecorder(string activity, IReporter reporter) : this(activity, reporter, log: null)
    {
    }

    /// <param name="activity">What the steps are of, for people.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="log">Where they are written down; null for nowhere.</param>
    /// <param name="place">What progress says of a step that begins; null for its name alone.</param>
    internal StepRecorder(string activity, IReporter reporter, IStepLog? log, Func<string, string>? place = null) =>
        (_activity, _reporter, _log, _place) = (activity, reporter, log, place);

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
        Tell(name, _place?.Invoke(name) ?? name);
        var step = _log?.Begin(name);
        if (undo is not null)
            _undo.Push((_steps.Count, name, undo));
        try
        {
            var detail = await work().ConfigureAwait(false);
            _log?.End(step!.Value, StepOutcome.Done, detail);
            Add(name, StepOutcome.Done, started, clock.Elapsed, detail);
        }
        catch (Exception error)
        {
            var why = error is OperationCanceledException ? Errors.Reason(error) : error.Message;
            Add(name, StepOutcome.Failed, started, clock.Elapsed, why);
            Close(step, StepOutcome.Failed, why);
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
            Tell($"Undoing: {entry.Name}", $"Undoing: {entry.Name}");
            int? step = null;
            Log(log => step = log.Begin($"Undo: {entry.Name}"));
            try
            {
                await OutagePatience.RunAsync(entry.Undo).ConfigureAwait(false);
                MarkUndone(entry.Index);
                Close(step, StepOutcome.Done, null);
            }
            catch (Exception error)
            {
                failures.Add((entry.Name, error));
                Close(step, StepOutcome.Failed, Errors.Reason(error));
            }
        }
        return failures;
    }

    private void Tell(string step, string status)
    {
        _reporter.Progress(new(_activity, status, IsStep: true));
        _reporter.BeginStep(step);
    }

    private void Close(int? step, StepOutcome outcome, string? detail)
    {
        if (step is { } begun)
            Log(log => log.End(begun, outcome, detail));
    }

    // What is put back is put back whether it can be written down or not.
    private void Log(Action<IStepLog> tell)
    {
        if (_log is null)
            return;
        try
        {
            tell(_log);
        }
        catch (ShoreGuardException error)
        {
            _reporter.Verbose($"The journal could not be written: {error.Message}");
        }
    }

    private void MarkUndone(int index)
    {
        if (index < _steps.Count && _steps[index].Outcome == StepOutcome.Done)
            _steps[index] = _steps[index] with { Outcome = StepOutcome.Undone };
    }

    private void Add(string name, StepOutcome outcome, DateTimeOffset started, TimeSpan duration, string? detail) =>
        _steps.Add(new StepResult { Number = _steps.Count + 1, Name = name, Outcome = outcome, StartedAt = started, Duration = duration, Detail = detail });
}
