namespace ShoreGuard.Rollback.Views;

/// <summary>A health report: one line when it is well, and below it what is wrong and what to do when it is not.</summary>
internal static class HealthView
{
    private const int EndpointWidth = 30;
    private const int BesideWidth = 105;

    public static string Header(int width) =>
        Paint.Header($"  {"Endpoint",-EndpointWidth} {"Status",-11} Live  Ready  {"Build",-17}{(width >= BesideWidth ? " Checks" : "")}".TrimEnd());

    public static string Row(HealthReport report, int width)
    {
        var build = report.Identity?.ToString() ?? "–";
        var lines = new List<string>();
        var row = $"{Mark(report)} {report.Uri.ToString().TrimEnd('/'),-EndpointWidth} {Coloured(report, $"{report.Status,-11}")}  {Paint.Mark(report.Live)}     {Paint.Mark(report.Ready)}    ";
        var checks = Checks(report);
        if (width >= BesideWidth)
            lines.Add($"{row}{build,-17} {Paint.Fit(checks, width - 75)}");
        else
            lines.AddRange([row + build, Paint.Labelled("Checks", checks, width)]);
        if (report.Route == ProbeRoute.ContainerNetwork)
            lines.Add(Paint.Labelled("Via", "the engine: asked inside the container's network", width));
        if (!report.IsHealthy || report.Unfinished is not null)
        {
            lines.Add("");
            lines.Add(Paint.Labelled("Diagnosis", report.Explanation, width));
            lines.Add(Paint.Labelled("Next", report.Recommendation, width));
            lines.Add("");
        }
        return string.Join('\n', lines);
    }

    /// <summary>For example <c>5 ok, 1 dead: background_cleanup</c>.</summary>
    public static string Checks(HealthReport report)
    {
        if (report.Checks.Count == 0)
            return report.Readiness.Error ?? report.Liveness.Error ?? "none";
        var parts = new List<string>();
        var ok = report.Checks.Count(check => check.State == CheckState.Ok);
        if (ok > 0)
            parts.Add($"{ok} ok");
        foreach (var group in report.Checks.Where(check => !check.Ignored && check.State > CheckState.Info).GroupBy(check => check.State).OrderByDescending(group => group.Key))
            parts.Add($"{group.Count()} {State(group.Key)}: {string.Join(", ", group.Select(check => check.Name))}");
        var ignored = report.Checks.Where(check => check.Ignored && check.State > CheckState.Info).Select(check => check.Name).ToList();
        if (ignored.Count > 0)
            parts.Add($"{ignored.Count} ignored: {string.Join(", ", ignored)}");
        return parts.Count > 0 ? string.Join(", ", parts) : "none";
    }

    public static string State(CheckState state) => state switch
    {
        CheckState.Ok => "ok",
        CheckState.Info => "info",
        CheckState.Stalled => "stalled",
        CheckState.Degraded => "degraded",
        CheckState.Failed => "failed",
        _ => "dead",
    };

    private static string Mark(HealthReport report) => Coloured(report, report.Status switch { HealthStatus.Healthy => "✓", HealthStatus.Degraded => "!", _ => "✗" });

    private static string Coloured(HealthReport report, string text) => report.Status switch
    {
        HealthStatus.Healthy => Paint.Good(text),
        HealthStatus.Degraded => Paint.Warn(text),
        _ => Paint.Bad(text),
    };
}
