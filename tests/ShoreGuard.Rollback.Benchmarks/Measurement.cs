using System.Text.Json;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>One row of the results: the medians of ours and of what it is compared with.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="PeerName">What it is compared with.</param>
/// <param name="Unit">The unit of both.</param>
/// <param name="Runs">How often each was measured.</param>
public sealed record Measurement(string Name, string PeerName, string Unit, double Ours, double Peer, int Runs)
{
    public static JsonSerializerOptions Json { get; } = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public double? Ratio => Peer == 0 ? null : Math.Round(Ours / Peer, 3);

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
