using System.Collections.Concurrent;
using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Runs a cmdlet's work on the thread pool while the pipeline thread does all talking to PowerShell.</summary>
/// <remarks>
/// PowerShell lets only the pipeline thread write; off it, <c>WriteObject</c> throws, and <c>ShouldProcess</c> silently says
/// yes. So work calls the methods of <see cref="Output"/>, which queue, and <see cref="Wait"/> drains. Ctrl-C cancels
/// <see cref="Cancellation"/> and then waits, bounded, until the work has put back what it had half done.
/// </remarks>
public abstract class ShoreGuardCommand : PSCmdlet, IDisposable
{
    private const int AtTheSameTime = 32;
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromMinutes(2);

    private readonly BlockingCollection<Action> _queue = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(AtTheSameTime);
    private readonly List<Task> _started = [];
    private PipelineOutput? _output;

    /// <summary>Cancelled when the operator presses Ctrl-C or the pipeline stops for another reason.</summary>
    private protected CancellationToken Cancellation { get; }

    /// <summary>For the cmdlets.</summary>
    private protected ShoreGuardCommand() => Cancellation = _stopping.Token;

    /// <summary>Where the work talks to PowerShell, from any thread.</summary>
    private protected PipelineOutput Output => LazyInitializer.EnsureInitialized(ref _output, () => new PipelineOutput(this, _queue));

    /// <summary>Runs the work to its end, and writes what it has to say meanwhile.</summary>
    private protected virtual void Run(Func<Task> work) => Wait(Task.Run(work));

    /// <summary>Writes what is queued until the work has ended; its failure becomes an error of this cmdlet.</summary>
    private protected void Wait(Task work)
    {
        ExceptionDispatchInfo? stopped = null;
        var garbage = new YoungGarbage();
        var cleanUp = new Stopwatch();
        // Wakes the loop when the work ends with nothing more to say.
        _ = work.ContinueWith(_ => _queue.Add(static () => { }), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while ((!work.IsCompleted || _queue.Count > 0) && cleanUp.Elapsed < CleanUpLimit)
        {
            garbage.Clear();
            if (!_queue.TryTake(out var action, 250))
                continue;
            try
            {
                action();
            }
            // Ctrl-C, -ErrorAction Stop, or a Select-Object -First downstream that has enough: each comes as an exception of its own.
            catch (Exception error)
            {
                stopped ??= ExceptionDispatchInfo.Capture(error);
                cleanUp.Start();
                _stopping.Cancel();
            }
        }
        stopped?.Throw();
        Conclude(work);
    }

    /// <summary>Starts work that runs beside the pipeline and beside other such work, and writes what is queued so far. Each one's failure is an error of its own.</summary>
    private protected void Start(Func<Task> work)
    {
        _started.Add(Task.Run(() => RunBesideAsync(work)));
        DrainQueued();
    }

    /// <summary>Waits until everything started has ended.</summary>
    private protected void WaitForStarted() => Wait(Task.WhenAll(_started));

    private async Task RunBesideAsync(Func<Task> work)
    {
        await _slots.WaitAsync(Cancellation).ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Output.Error(error);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Writes what is queued now, without waiting for more.</summary>
    private protected void DrainQueued()
    {
        while (_queue.TryTake(out var action))
            action();
    }

    /// <summary>Turns a failure of the engine into an error of this cmdlet that does not end the pipeline.</summary>
    internal void WriteFailure(Exception error) => WriteError(ErrorRecords.From(error, this));

    private void Conclude(Task work)
    {
        if (!work.IsCompleted || work.IsCanceled || (_stopping.IsCancellationRequested && work.IsFaulted))
            throw new PipelineStoppedException();
        if (work.Exception?.InnerException is not { } error)
            return;
        if (error is PipelineStoppedException)
            throw new PipelineStoppedException();
        WriteFailure(error);
    }

    /// <summary>PowerShell calls this from another thread at Ctrl-C.</summary>
    protected sealed override void StopProcessing() => _stopping.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        // What was started and is no longer waited for, because the pipeline ended early, ends too.
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>A path as the operator means it: relative to PowerShell's location, not to the process's. Pipeline thread only.</summary>
    private protected string ResolvePath(string path)
    {
        try
        {
            return SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _) is var resolved && provider.Name == "FileSystem"
                ? resolved
                : throw ErrorRecords.NotAFilePath(path);
        }
        catch (Exception error) when (error is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException or ItemNotFoundException)
        {
            throw ErrorRecords.NotAFilePath(path);
        }
    }

    /// <summary>The files and folders that a path with wildcards means now; none where nothing matches. Pipeline thread only.</summary>
    private protected IReadOnlyList<string> ExpandPath(string path)
    {
        try
        {
            return SessionState.Path.GetResolvedProviderPathFromPSPath(path, out var provider) is var resolved && provider.Name == "FileSystem"
                ? [.. resolved]
                : throw ErrorRecords.NotAFilePath(path);
        }
        catch (ItemNotFoundException)
        {
            return [];
        }
        catch (Exception error) when (error is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            throw ErrorRecords.NotAFilePath(path);
        }
    }
}
