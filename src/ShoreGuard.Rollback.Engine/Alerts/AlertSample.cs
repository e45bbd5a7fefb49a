namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>What a series was at a time.</summary>
internal readonly record struct AlertSample(DateTimeOffset Time, double Value);

/// <summary>A series of Prometheus: the labels that tell it from others, and what it was over time.</summary>
internal sealed record AlertSeries(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<AlertSample> Samples);
