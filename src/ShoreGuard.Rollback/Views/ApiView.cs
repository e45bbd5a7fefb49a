using System.Globalization;

namespace ShoreGuard.Rollback.Views;

/// <summary>What an API answered: the verdict, then the calls, then what to do where it does not work.</summary>
internal static class ApiView
{
    public static readonly Table<ApiCall> Calls = new()
    {
        { "Path", call => call.Path, 30, 60 },
        { "Status", call => call.StatusCode?.ToString(CultureInfo.InvariantCulture), 6, Side.Right },
        { "Items", call => call.Items?.ToString(CultureInfo.InvariantCulture), 5, Side.Right },
        { "Latency", call => call.LatencyMs.ToString("0.#", CultureInfo.InvariantCulture) + " ms", 9, Side.Right },
        { "Answer", call => call.Error, 20, Table<ApiCall>.Wide },
    };

    public static string Report(ApiReport report, int width)
    {
        var name = report.Name ?? report.Uri.ToString().TrimEnd('/');
        var lines = new List<string> { $"{Mark(report.Status)} {name}: {Word(report.Status)}", "", $"    {Calls.Header(width - 4)}" };
        foreach (var call in report.Calls)
            lines.AddRange(Calls.Row(call, width - 4).Select((line, at) => $"  {(at == 0 ? Mark(call.Outcome) : " ")} {line}"));
        lines.Add("");
        if (report.Route == ProbeRoute.ContainerNetwork)
            lines.Add(Paint.Labelled("Via", "the engine: asked inside the container's network", width));
        lines.Add(Paint.Labelled(report.Works ? "Finding" : "Diagnosis", report.Explanation, width));
        if (!report.Works || report.OfflineGateways.Count > 0)
            lines.Add(Paint.Labelled("Next", report.Recommendation, width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    public static string Word(ApiStatus status) => status switch
    {
        ApiStatus.Working => Paint.Good("Working"),
        ApiStatus.Inconclusive => Paint.Warn("Inconclusive"),
        _ => Paint.Bad(status.ToString()),
    };

    private static string Mark(ApiStatus status) => status switch
    {
        ApiStatus.Working => Paint.Mark(good: true),
        ApiStatus.Inconclusive => Paint.Warn("?"),
        _ => Paint.Mark(good: false),
    };

    private static string Mark(ApiOutcome outcome) => outcome switch
    {
        ApiOutcome.Ok => Paint.Mark(good: true),
        ApiOutcome.GatewayOffline => Paint.Warn("!"),
        ApiOutcome.TokenRefused or ApiOutcome.PermissionDenied or ApiOutcome.RateLimited => Paint.Warn("?"),
        _ => Paint.Mark(good: false),
    };
}
