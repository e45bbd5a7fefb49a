namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>The times that an alert's condition held, out of the samples that its rule has left.</summary>
/// <remarks>
/// A rule writes <c>ALERTS</c> with its state at each evaluation, and <c>ALERTS_FOR_STATE</c>, whose value is when its condition began to hold. So
/// samples of one value are one time, whatever gap a restart of Prometheus has left between them, and its beginning is exact however far apart the
/// points of the look are. Where only the first is there, a gap is an end.
/// </remarks>
internal static class AlertHistory
{
    private const long LatestSecond = 253_402_300_799;

    /// <summary>The times, the first one first.</summary>
    /// <param name="activations">The samples of <c>ALERTS_FOR_STATE</c>, in order.</param>
    /// <param name="firing">Those of <c>ALERTS</c> in the state firing.</param>
    /// <param name="pending">Those in the state pending.</param>
    /// <param name="span">What was looked at.</param>
    public static IReadOnlyList<AlertEpisode> Episodes(
        IReadOnlyList<AlertSample> activations, IReadOnlyList<AlertSample> firing, IReadOnlyList<AlertSample> pending, AlertSpan span)
    {
        var fired = firing.Select(sample => sample.Time).ToHashSet();
        var held = fired.Concat(pending.Select(sample => sample.Time)).Order().ToList();
        var begun = activations.Where(sample => sample.Value is >= 0 and <= LatestSecond).GroupBy(sample => sample.Time)
            .ToDictionary(group => group.Key, group => (long)group.First().Value);
        var runs = new List<List<(DateTimeOffset Time, long? Start)>>();
        foreach (var time in held.Concat(begun.Keys).Distinct().Order())
        {
            var start = begun.TryGetValue(time, out var second) ? second : (long?)null;
            if (runs.Count == 0 || IsNew(runs[^1], time, start, span.Step))
                runs.Add([]);
            runs[^1].Add((time, start));
        }
        return [.. runs.Select(run => Episode(run, fired, span))];
    }

    private static bool IsNew(List<(DateTimeOffset Time, long? Start)> run, DateTimeOffset time, long? start, TimeSpan step)
    {
        var known = run.FindLast(point => point.Start is not null).Start;
        // A point of which only one of the two series is there was written between the two questions.
        return known is not null && start is not null ? known != start : time - run[^1].Time > step * 1.5;
    }

    private static AlertEpisode Episode(List<(DateTimeOffset Time, long? Start)> run, HashSet<DateTimeOffset> fired, AlertSpan span)
    {
        var (first, last) = (run[0].Time, run[^1].Time);
        var firings = run.Where(point => fired.Contains(point.Time)).Select(point => point.Time).ToList();
        var isOver = last < span.Until;
        var start = run.Select(point => point.Start).FirstOrDefault(value => value is not null);
        return new()
        {
            StartedAt = start is { } second ? DateTimeOffset.FromUnixTimeSeconds(second) : first,
            LastSeen = last,
            HasFired = firings.Count > 0,
            FiredAt = firings.Count > 0 && firings[0] > span.From ? firings[0] : null,
            EndedAt = isOver ? last + span.Step : null,
            State = isOver ? AlertState.Ended : firings.Count > 0 && firings[^1] >= last - span.Step ? AlertState.Firing : AlertState.Pending,
        };
    }
}
