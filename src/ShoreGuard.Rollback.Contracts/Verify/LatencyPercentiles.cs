using System.Globalization;

namespace ShoreGuard.Rollback;

/// <summary>How long calls took, in milliseconds, by nearest rank: so many percent of them took no longer.</summary>
public sealed record LatencyPercentiles
{
    /// <summary>The median, milliseconds.</summary>
    public required double P50 { get; init; }
    /// <summary>The 95th percentile, milliseconds.</summary>
    public required double P95 { get; init; }
    /// <summary>The 99th percentile, milliseconds.</summary>
    public required double P99 { get; init; }
    /// <summary>How many calls there were.</summary>
    public required int Calls { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p50 {P50:0.#} ms, p95 {P95:0.#} ms, p99 {P99:0.#} ms");
}
