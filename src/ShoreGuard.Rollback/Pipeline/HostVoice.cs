using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Host;
using ShoreGuard.Rollback.Views;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Says on the host what PowerShell's streams no longer take because the pipeline is stopping: what is being put back, and what runs then.</summary>
internal sealed class HostVoice(PSHostUserInterface host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _clock = new();
    private TimeSpan _lastWord;

    /// <summary>Whether anything has been said, so that an end has to be told, too.</summary>
    public bool HasSpoken => _clock.IsRunning;

    /// <summary>A step of putting back begins.</summary>
    public void Step(string name)
    {
        Begin();
        Say($"  {name}");
    }

    /// <summary>Says that it still goes on, if nothing has been said for a while.</summary>
    public void StillAtIt()
    {
        Begin();
        if (_clock.Elapsed - _lastWord >= Patience)
            Say($"  {Marks.More} still at it, after {_clock.Elapsed.TotalSeconds:0} s");
    }

    private void Begin()
    {
        if (_clock.IsRunning)
            return;
        _clock.Start();
        Say("Stopping: what was begun is being put back, or finished. Please wait.");
    }

    /// <summary>It has come to this end.</summary>
    public void Conclude(ErrorRecord error)
    {
        Say(error.ErrorDetails.Message);
        if (error.CategoryInfo.Category != ErrorCategory.OperationStopped)
            Say($"Recommendation: {error.ErrorDetails.RecommendedAction}");
    }

    /// <summary>Says it.</summary>
    public void Say(string line)
    {
        _lastWord = _clock.Elapsed;
        // The terminal may be gone. What is put back is put back whether anybody is told or not.
        Quietly(() => host.WriteLine(line));
    }

    /// <summary>Shows a record of progress.</summary>
    public void Show(long source, ProgressRecord record) => Quietly(() => host.WriteProgress(source, record));

    private static void Quietly(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception error) when (error is IOException or HostException or InvalidOperationException or NotImplementedException)
        {
        }
    }
}
