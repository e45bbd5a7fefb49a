namespace ShoreGuard.Rollback.Views;

/// <summary>A health report: one line when it is well, and below it what is wrong and what to do when it is not.</summary>
internal static class HealthView
{
    private const int BesideWidth = 105;
    private static readonly Table<HealthReport> Addresses = Rows("Endpoint");
    private static readonly Table<HealthReport> Deployments = Rows("Deployment");

    /// <summary>What is asked by its address alone has another header than deployments have.</summary>
    public static Table<HealthReport> Of(HealthReport report) => report.Name is null ? Addresses : Deployments;

    public static string Header(HealthReport report, int width) => $"  {Of(report).Header(width - 2)}";

    public static IReadOnlyList<string> Row(HealthReport report, int width)
    {
        var lines = Of(report).Row(report, width - 2).Select((line, at) => at == 0 ? $"{Mark(report)} {line}" : $"  {line}").ToList();
        var checks = report.Name is null ? Checks(report) : $"{Checks(report)}  {Where(report)}";
        if (Paint.Length(lines[^1]) + 1 + checks.Length <= width && width >= BesideWidth)
            lines[^1] += " " + checks;
        else
            Add("Checks", checks);
        if (report.Route == ProbeRoute.ContainerNetwork)
            Add("Via", "the engine: asked inside the container's network");
        if (!report.IsHealthy || report.Unfinished is not null || report.Diagnosis != Diagnosis.Healthy)
        {
            lines.Add("");
            Add("Diagnosis", report.Explanation);
            Add("Next", report.Recommendation);
            lines.Add("");
        }
        return lines;

        void Add(string label, string text) => lines.AddRange(Paint.Labelled(label, text, width).Split('\n'));
    }

    public static string Where(HealthReport report) => report.Uri.ToString().TrimEnd('/');

    private static Table<HealthReport> Rows(string lead) => new()
    {
        { lead, report => report.Name ?? Where(report), 30 },
        { "Status", report => Coloured(report, report.Status.ToString()), 11 },
        { "Live", report => $" {Paint.Mark(report.Live)}", 4 },
        { "Ready", report => $"  {Paint.Mark(report.Ready)}", 5 },
        { "Build", report => report.Identity?.ToString() ?? Marks.None, 17 },
    };

    /// <summary>For example <c>5 ok, 1 dead: background_cleanup</c>.</summary>
    public static string Checks(HealthReport report)
    {
        if (report.Checks.Count == 0)
            return report.Readiness.Error ?? report.Liveness.Error ?? "none";
        var parts = new List<string>();
        var ok = report.Checks.Count(check => check.State == CheckState.Ok);
        if (ok > 0)
            parts.Add($"{ok} ok");
        foreach (var group in report.Checks.Where(check => !check.Ignored && check.State > CheckState.Info)
            .GroupBy(check => check.State).OrderByDescending(group => group.Key))
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

    private static string Mark(HealthReport report) =>
        Coloured(report, report.Status switch { HealthStatus.Healthy => Marks.Good, HealthStatus.Degraded => "!", _ => Marks.Bad });

    public static string Coloured(HealthReport report, string text) => report.Status switch
    {
        HealthStatus.Healthy => Paint.Good(text),
        HealthStatus.Degraded => Paint.Warn(text),
        _ => Paint.Bad(text),
    };
}
