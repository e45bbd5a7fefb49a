namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>Percentiles by nearest rank: each is one of the values.</summary>
internal static class Percentiles
{
    /// <summary>Of how long calls took; null where there were none.</summary>
    public static LatencyPercentiles? Of(IEnumerable<TimeSpan> latencies)
    {
        var sorted = latencies.Select(latency => latency.TotalMilliseconds).Order().ToList();
        return sorted.Count == 0 ? null : new() { P50 = At(sorted, 50), P95 = At(sorted, 95), P99 = At(sorted, 99), Calls = sorted.Count };
    }

    // The least value that so many percent of all do not exceed. In whole numbers: 0.95 × 20 is not 19 in binary.
    private static double At(List<double> sorted, int percent) => Math.Round(sorted[(((percent * sorted.Count) + 99) / 100) - 1], 1);
}
