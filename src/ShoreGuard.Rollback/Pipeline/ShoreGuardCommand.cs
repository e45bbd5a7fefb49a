using System.Collections.Concurrent;
using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Runs a cmdlet's work on the thread pool while the pipeline thread does all talking to PowerShell.</summary>
/// <remarks>
/// PowerShell lets only the pipeline thread write; off it, <c>WriteObject</c> throws, and <c>ShouldProcess</c> silently says
/// yes. So work calls the methods of <see cref="Output"/>, which queue, and <see cref="Wait"/> drains. Ctrl-C cancels
/// <see cref="Cancellation"/> and then waits, bounded, until the work has put back what it had half done; the host says how far that
/// is, since a pipeline that stops takes nothing any more. From the operator's first yes on, the end of the process does the same.
/// </remarks>
public abstract class ShoreGuardCommand : PSCmdlet, IDisposable
{
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromMinutes(2);

    private readonly BlockingCollection<Action> _queue = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _started = [];
    private readonly long _progressSource = Interlocked.Increment(ref s_lastProgressSource);
    private PipelineOutput? _output;
    private PipelineProgress? _progress;
    private HostVoice? _voice;
    private SemaphoreSlim? _slots;
    private ProcessEnd? _end;

    // Told from PowerShell's own, which count from one.
    private static long s_lastProgressSource = 1L << 40;

    /// <summary>Cancelled when the operator presses Ctrl-C or the pipeline stops for another reason.</summary>
    private protected CancellationToken Cancellation { get; }

    /// <summary>For the cmdlets.</summary>
    private protected ShoreGuardCommand() => Cancellation = _stopping.Token;

    /// <summary>How much of what is started beside the pipeline runs at the same time.</summary>
    private protected virtual int AtTheSameTime => 32;

    /// <summary>Where the work talks to PowerShell, from any thread.</summary>
    private protected PipelineOutput Output => LazyInitializer.EnsureInitialized(ref _output, () => new PipelineOutput(this, _queue));

    /// <summary>The progress bars. Pipeline thread only.</summary>
    internal PipelineProgress Progress => _progress ??= new(ShowProgress);

    /// <summary>Whether the operator has said yes to something already, so that there may be something to put back.</summary>
    internal bool IsActing { get; private set; }

    /// <summary>Whether an error was written.</summary>
    internal bool HasFailed { get; private set; }

    private HostVoice Voice => _voice ??= new(Host.UI);

    // Only the answer to a question leads to something that has to be put back.
    private bool IsPuttingBack => IsActing && _stopping.IsCancellationRequested;

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
            try
            {
                if (_queue.TryTake(out var action, 250))
                    action();
                Progress.Refresh();
            }
            // Ctrl-C, -ErrorAction Stop, or a Select-Object -First downstream that has enough: each comes as an exception of its own.
            catch (Exception error)
            {
                stopped ??= ExceptionDispatchInfo.Capture(error);
                _stopping.Cancel();
            }
            if (!_stopping.IsCancellationRequested)
                continue;
            cleanUp.Start();
            Progress.Complete();
            if (IsPuttingBack && !work.IsCompleted)
                Voice.StillAtIt();
        }
        End(work);
        stopped?.Throw();
        Conclude(work);
    }

    // The bars go, what was put back is told, and a process that is to end may.
    private void End(Task work)
    {
        Progress.Complete();
        if (IsPuttingBack)
            TellEnd(work);
        _end?.Dispose();
        _end = null;
    }

    private void TellEnd(Task work)
    {
        if (!work.IsCompleted)
            Voice.Say($"It is not put back after {CleanUpLimit.TotalMinutes:0} min, and goes on for as long as this PowerShell runs. "
                + "Get-ShoreGuardDeployment tells what is left unfinished.");
        else if (work.Exception?.InnerException is { } error and not PipelineStoppedException)
            Voice.Conclude(ErrorRecords.From(error, this));
        else if (work.IsCompletedSuccessfully && Voice.HasSpoken)
            Voice.Say("It had gone too far to be stopped, and is finished. Get-ShoreGuardDeployment shows what runs.");
    }

    /// <summary>The operator has said yes: from now on there may be something to put back, whoever ends this.</summary>
    internal void BeginActing()
    {
        IsActing = true;
        _end ??= new(_stopping.Cancel, CleanUpLimit);
    }

    /// <summary>What was done is to stay: whoever ends this now, there is nothing to put back.</summary>
    internal void EndActing() => IsActing = false;

    /// <summary>Writes an object; the host tells its words where the pipeline takes none any more, since it is stopping.</summary>
    internal void WriteOrTell(object value, string words)
    {
        try
        {
            WriteObject(value);
        }
        catch (PipelineStoppedException)
        {
            Voice.Say(words);
            throw;
        }
    }

    /// <summary>Tells of a step that begins: for those who want details, or, once the pipeline is stopping, for whoever waits for its end.</summary>
    internal void WriteStep(string name)
    {
        if (IsPuttingBack)
            Voice.Step(name);
        else
            WriteVerbose(name);
    }

    // A pipeline that stops takes none any more; the host takes away what it has shown.
    private void ShowProgress(ProgressRecord record)
    {
        if (!_stopping.IsCancellationRequested)
            CommandRuntime.WriteProgress(_progressSource, record);
        else if (record.RecordType == ProgressRecordType.Completed)
            Voice.Show(_progressSource, record);
    }

    /// <summary>Starts work that runs beside the pipeline and beside other such work, and writes what is queued so far. Each one's failure is an
    /// error of its own.</summary>
    private protected void Start(Func<Task> work)
    {
        var slots = _slots ??= new(AtTheSameTime);
        _started.Add(Task.Run(() => RunBesideAsync(work, slots)));
        DrainQueued();
    }

    /// <summary>Waits until everything started has ended.</summary>
    private protected void WaitForStarted() => Wait(Task.WhenAll(_started));

    private async Task RunBesideAsync(Func<Task> work, SemaphoreSlim slots)
    {
        await slots.WaitAsync(Cancellation).ConfigureAwait(false);
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
            slots.Release();
        }
    }

    /// <summary>Writes what is queued now, without waiting for more.</summary>
    private protected void DrainQueued()
    {
        while (_queue.TryTake(out var action))
            action();
    }

    /// <summary>Turns a failure of the engine into an error of this cmdlet that does not end the pipeline.</summary>
    internal void WriteFailure(Exception error)
    {
        HasFailed = true;
        WriteError(ErrorRecords.From(error, this));
    }

    // What was given up although nobody has asked for it has waited for something in vain: told as a stop, it would end the script without a word.
    private static Exception? Failure(Task work) =>
        work.IsCanceled ? new TimeoutException("What was waited for has given no answer in time.") : work.Exception?.InnerException;

    private void Conclude(Task work)
    {
        if (!work.IsCompleted || (_stopping.IsCancellationRequested && !work.IsCompletedSuccessfully))
            throw new PipelineStoppedException();
        if (Failure(work) is not { } error)
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
        _end?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>A path as the operator means it: relative to PowerShell's location, not to the process's. Pipeline thread only.</summary>
    internal string ResolvePath(string path)
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
