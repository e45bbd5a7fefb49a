using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Host;
using ShoreGuard.Rollback.Views;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>What work on any thread says to PowerShell; the pipeline thread says it when it gets there.</summary>
internal sealed class PipelineOutput(ShoreGuardCommand command, BlockingCollection<Action> queue)
{
    public void Object(object value) => queue.Add(() => command.WriteObject(value));
    /// <summary>An object that is told in words where the pipeline is stopping, and takes none any more.</summary>
    public void Object(object value, string words) => queue.Add(() => command.WriteOrTell(value, Legible.Of(words)));
    /// <summary>What was done is to stay, so that Ctrl-C has nothing to put back any more.</summary>
    public void EndActing() => queue.Add(command.EndActing);
    public void Error(Exception error) => queue.Add(() => command.WriteFailure(error));
    public void Verbose(string message) => queue.Add(() => command.WriteVerbose(Legible.Of(message)));
    public void Warning(string message) => queue.Add(() => command.WriteWarning(Legible.Of(message)));

    /// <summary>A step begins: a detail, but all there is to tell once the pipeline is stopping.</summary>
    public void Step(string name) => queue.Add(() => command.WriteStep(Legible.Of(name)));

    public void Progress(string activity, string status, double? percent, TimeSpan? remaining, bool isStep, bool completed) =>
        queue.Add(() => command.Progress.Show(Legible.Of(activity), Legible.Of(status), percent, remaining, isStep, completed));

    /// <summary>Asks the operator, as <c>-WhatIf</c> and <c>-Confirm</c> want it. Called after planning and before the first write.</summary>
    /// <param name="target">What it is about.</param>
    /// <param name="description">What is done, as a sentence.</param>
    /// <param name="question">The question.</param>
    /// <param name="caption">Its title.</param>
    /// <exception cref="ShoreGuardException"><c>ConfirmationNeeded</c> where nobody can be asked.</exception>
    public Task<bool> ShouldProcessAsync(object? target, string description, string question, string caption) => AskAsync(() =>
    {
        var isYes = command.ShouldProcess(Legible.Of(description), Legible.Of(question), Legible.Of(caption));
        if (isYes)
            command.BeginActing();
        return isYes;
    }, error => ErrorRecords.ConfirmationNeeded(target, description, command.IsActing, error));

    /// <summary>Asks what no <c>-Confirm:$false</c> has answered.</summary>
    /// <param name="question">The question.</param>
    /// <param name="caption">Its title.</param>
    /// <returns>False for a no, and where nobody can be asked.</returns>
    public async Task<bool> InsistAsync(string question, string caption)
    {
        try
        {
            return await AskAsync(() => command.ShouldContinue(Legible.Of(question), Legible.Of(caption)), error => new NobodyToAskException(error))
                .ConfigureAwait(false);
        }
        catch (NobodyToAskException)
        {
            return false;
        }
    }

    private sealed class NobodyToAskException(Exception cause) : Exception(cause.Message, cause);

    private Task<T> AskAsync<T>(Func<T> ask, Func<Exception, Exception> translate)
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
            // In -NonInteractive, in a host without a keyboard, with its input closed. What else PowerShell throws is its own way to end.
            catch (Exception error) when (error is HostException or not RuntimeException)
            {
                answer.SetException(translate(error));
            }
            catch (Exception error)
            {
                answer.SetException(error);
            }
        });
        return answer.Task;
    }
}
