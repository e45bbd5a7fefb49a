namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>A stretch of time to look at: points at equal distances, the last of them now.</summary>
/// <param name="From">The first point.</param>
/// <param name="Until">The last point.</param>
/// <param name="Step">From one point to the next: as precise as the look is.</param>
internal sealed record AlertSpan(DateTimeOffset From, DateTimeOffset Until, TimeSpan Step)
{
    /// <summary>Prometheus refuses more than 11,000 points a series. With these an hour is looked at every two seconds, a day every 44.</summary>
    public const int MostPoints = 2000;

    /// <summary>A span that reaches back to a time, in whole seconds a step.</summary>
    public static AlertSpan Between(DateTimeOffset from, DateTimeOffset until)
    {
        var step = Math.Max(1, Math.Ceiling((until - from).TotalSeconds / (MostPoints - 1)));
        var points = Math.Max(1, Math.Ceiling((until - from).TotalSeconds / step));
        return new(until.AddSeconds(-points * step), until, TimeSpan.FromSeconds(step));
    }
}
