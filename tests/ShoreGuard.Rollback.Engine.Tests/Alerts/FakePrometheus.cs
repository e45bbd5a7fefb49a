using System.Globalization;
using System.Text.Json.Nodes;
using System.Web;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Alerts;

/// <summary>The answers of a Prometheus whose rules have had these alerts: what stands in for it where a real one could not be made to answer so.</summary>
internal sealed class FakePrometheus
{
    /// <summary>An alert: when its condition began and ended, by the clock of the machine that asks.</summary>
    public sealed record Fired(string Name, DateTimeOffset From, DateTimeOffset Until, string Instance = "10.0.0.9:8888");

    public IReadOnlyList<Fired> Alerts { get; init; } = [];
    /// <summary>How far its clock is ahead.</summary>
    public TimeSpan Ahead { get; init; }
    public bool HasRules { get; init; } = true;
    /// <summary>What it says of its own answers.</summary>
    public string? Warning { get; init; }

    public LocalServer Start() => new((path, connection, cancellation) => connection.WriteAsync(LocalServer.Json(200, Answer(path)), cancellation).AsTask());

    private string Answer(string path)
    {
        var now = DateTimeOffset.UtcNow + Ahead;
        if (path.StartsWith("/prom/api/v1/query?query=time()", StringComparison.Ordinal))
            return Success("scalar", $"[{Seconds(now)},\"{Seconds(now)}\"]");
        if (path.StartsWith("/prom/api/v1/rules", StringComparison.Ordinal))
            return HasRules ? """{"status":"success","data":{"groups":[{"name":"g","rules":[{"name":"a","type":"alerting"}]}]}}"""
                : """{"status":"success","data":{"groups":[]}}""";
        var asked = HttpUtility.ParseQueryString(new Uri("http://x" + path).Query);
        var (start, end, step) = (Number(asked["start"]!), Number(asked["end"]!), Number(asked["step"]!));
        var points = Enumerable.Range(0, (int)((end - start) / step) + 1).Select(at => start + (at * step)).ToList();
        var isActivation = asked["query"]!.StartsWith("ALERTS_FOR_STATE", StringComparison.Ordinal);
        var series = Alerts.GroupBy(alert => (alert.Name, alert.Instance)).Select(group => new JsonObject
        {
            ["metric"] = Labels(group.Key.Name, group.Key.Instance, isActivation),
            ["values"] = new JsonArray([.. points.SelectMany(point => group.Where(alert => Holds(alert, point))
                .Select(alert => new JsonArray(point, isActivation ? $"{(alert.From + Ahead).ToUnixTimeSeconds()}" : "1")))]),
        });
        return Success("matrix", new JsonArray([.. series.Where(each => each["values"]!.AsArray().Count > 0)]).ToJsonString());
    }

    private bool Holds(Fired alert, decimal point) => Number(Seconds(alert.From + Ahead)) <= point && point < Number(Seconds(alert.Until + Ahead));

    private static JsonObject Labels(string name, string instance, bool isActivation)
    {
        var labels = new JsonObject { ["__name__"] = isActivation
            ? "ALERTS_FOR_STATE" : "ALERTS", ["alertname"] = name, ["instance"] = instance, ["job"] = "shoreguard" };
        if (!isActivation)
            labels["alertstate"] = "firing";
        return labels;
    }

    private string Success(string kind, string result) =>
        $$$"""{"status":"success","data":{"resultType":"{{{kind}}}","result":{{{result}}}}{{{(Warning is null ? "" : $",\"warnings\":[\"{Warning}\"]")}}}}""";

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static string Seconds(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000m).ToString(CultureInfo.InvariantCulture);
}
