using System.Diagnostics;
using System.Management.Automation;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>The progress bars of one cmdlet. Pipeline thread only.</summary>
/// <param name="show">Shows a record.</param>
internal sealed class PipelineProgress(Action<ProgressRecord> show)
{
    // PowerShell drops what comes within 200 ms of another record, and what was dropped last is then missing until the next one.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, int> _ids = [];
    private readonly Dictionary<string, ProgressRecord> _open = [];
    private readonly Stopwatch _sinceShown = Stopwatch.StartNew();

    /// <summary>Shows how far an activity is.</summary>
    public void Show(string activity, string status, double? percent, TimeSpan? remaining, bool isStep, bool completed)
    {
        // What belongs to the step before is over.
        if (isStep)
            Complete(_open.Values.Where(record => record.Activity != activity));
        if (!_ids.TryGetValue(activity, out var id))
            _ids[activity] = id = _ids.Count + 1;
        var shown = _open[activity] = new(id, activity, status)
        {
            PercentComplete = percent is { } value ? (int)Math.Clamp(value, 0, 100) : -1,
            SecondsRemaining = remaining is { } left ? (int)left.TotalSeconds : -1,
        };
        if (completed)
            Complete([shown]);
        else
            show(shown);
    }

    /// <summary>Shows everything once more, if it is time to.</summary>
    public void Refresh()
    {
        if (_open.Count == 0 || _sinceShown.Elapsed < Interval)
            return;
        foreach (var record in _open.Values)
            show(record);
        _sinceShown.Restart();
    }

    /// <summary>Takes everything away.</summary>
    public void Complete() => Complete(_open.Values);

    private void Complete(IEnumerable<ProgressRecord> records)
    {
        foreach (var record in records.ToList())
        {
            record.RecordType = ProgressRecordType.Completed;
            _open.Remove(record.Activity);
            show(record);
        }
    }
}
