using System.Collections.Concurrent;
using System.Management.Automation;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>What work on any thread says to PowerShell; the pipeline thread says it when it gets there.</summary>
internal sealed class PipelineOutput(ShoreGuardCommand command, BlockingCollection<Action> queue)
{
    private readonly Dictionary<string, int> _activities = [];

    public void Object(object value) => queue.Add(() => command.WriteObject(value));
    public void Error(Exception error) => queue.Add(() => command.WriteFailure(error));
    public void Verbose(string message) => queue.Add(() => command.WriteVerbose(message));
    public void Warning(string message) => queue.Add(() => command.WriteWarning(message));

    public void Progress(string activity, string status, double? percent, TimeSpan? remaining, bool completed) => queue.Add(() =>
    {
        if (!_activities.TryGetValue(activity, out var id))
            _activities[activity] = id = _activities.Count + 1;
        command.WriteProgress(new ProgressRecord(id, activity, status)
        {
            PercentComplete = percent is { } value ? (int)Math.Clamp(value, 0, 100) : -1,
            SecondsRemaining = remaining is { } left ? (int)left.TotalSeconds : -1,
            RecordType = completed ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    });

    /// <summary>Asks the operator, as <c>-WhatIf</c> and <c>-Confirm</c> want it. Called after planning and before the first write.</summary>
    public Task<bool> ShouldProcessAsync(string description, string question, string caption) =>
        AskAsync(() => command.ShouldProcess(description, question, caption));

    private Task<T> AskAsync<T>(Func<T> ask)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        queue.Add(() =>
        {
            try
            {
                answer.SetResult(ask());
            }
            catch (PipelineStoppedException)
            {
                answer.SetCanceled();
                throw;
            }
            catch (Exception error)
            {
                answer.SetException(error);
            }
        });
        return answer.Task;
    }
}
