using System.Globalization;
using System.Text.Json;

namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>Asks a Prometheus, or what answers as one, for series: its HTTP API v1.</summary>
/// <remarks>An answer that is not wholly understood is refused: what was left out could be the alert.</remarks>
internal sealed class PrometheusClient(MonitorEndpoint endpoint, IReporter? reporter) : IDisposable
{
    private const int LongestWarning = 200;

    private readonly MonitorClient _client = new(endpoint, reporter);
    private readonly SortedSet<string> _warnings = new(StringComparer.Ordinal);

    /// <summary>What it has said of its own answers: what collects from several stores says so where one of them is missing.</summary>
    public IReadOnlyCollection<string> Warnings => _warnings;

    /// <summary>What time it is there.</summary>
    /// <exception cref="ShoreGuardException">It does not answer, or is something else.</exception>
    public async Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellation)
    {
        var data = await QueryAsync("api/v1/query?query=time()", "scalar", cancellation).ConfigureAwait(false);
        return Understood(() => TimeOf(data[0]));
    }

    /// <summary>Series over a stretch of time.</summary>
    /// <exception cref="ShoreGuardException">It does not answer, or is something else.</exception>
    public async Task<IReadOnlyList<AlertSeries>> ReadAsync(string query, AlertSpan span, CancellationToken cancellation)
    {
        // What keeps answers would round the points otherwise, so that the last one is not now.
        var points = $"start={Seconds(span.From)}&end={Seconds(span.Until)}&step={(long)span.Step.TotalSeconds}&nocache=1";
        var data = await QueryAsync($"api/v1/query_range?query={Uri.EscapeDataString(query)}&{points}", "matrix", cancellation).ConfigureAwait(false);
        return Understood(() => data.EnumerateArray().Select(SeriesOf).ToList());
    }

    /// <summary>Whether it has any rule that could fire; null where it does not say, as what only stores series does not.</summary>
    public async Task<bool?> HasRulesAsync(CancellationToken cancellation)
    {
        var answer = await _client.TryAsync(HttpMethod.Get, "api/v1/rules?type=alert", content: null, cancellation).ConfigureAwait(false);
        return answer is { StatusCode: 200, Json.ValueKind: JsonValueKind.Object } && answer.Json.TryGetProperty("data", out var data)
            && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("groups", out var groups) && groups.ValueKind == JsonValueKind.Array
            ? groups.EnumerateArray().Any(HasRules)
            : null;
    }

    private static bool HasRules(JsonElement group) =>
        group.ValueKind == JsonValueKind.Object && group.TryGetProperty("rules", out var rules)
        && rules.ValueKind == JsonValueKind.Array && rules.GetArrayLength() > 0;

    private async Task<JsonElement> QueryAsync(string path, string kind, CancellationToken cancellation)
    {
        var answer = await _client.GetAsync(path, cancellation).ConfigureAwait(false);
        _warnings.UnionWith(WarningsOf(answer.Json));
        return answer.Says("status", "success") && answer.Json.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty("resultType", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == kind
            && data.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.Array
            ? result
            : throw _client.Foreign(answer.Error ?? $"JSON, but no result of the kind {kind}");
    }

    private static IEnumerable<string> WarningsOf(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("warnings", out var warnings) && warnings.ValueKind == JsonValueKind.Array
            ? warnings.EnumerateArray().Where(each => each.ValueKind == JsonValueKind.String).Select(each => Shortened(SecretScrubber.Scrub(each.GetString()!)))
            : [];

    private static string Shortened(string text) => text.Length <= LongestWarning ? text : text[..LongestWarning];

    private T Understood<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or KeyNotFoundException or IndexOutOfRangeException
            or ArgumentException or OverflowException)
        {
            throw _client.Foreign("a result whose samples or labels are not where they belong");
        }
    }

    private static AlertSeries SeriesOf(JsonElement series)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in series.GetProperty("metric").EnumerateObject())
            labels[label.Name] = label.Value.GetString() ?? "";
        return new(labels, [.. series.GetProperty("values").EnumerateArray().Select(SampleOf)]);
    }

    private static AlertSample SampleOf(JsonElement sample) =>
        new(TimeOf(sample[0]), double.Parse(sample[1].GetString() ?? "", NumberStyles.Float, CultureInfo.InvariantCulture));

    private static DateTimeOffset TimeOf(JsonElement seconds) => DateTimeOffset.FromUnixTimeMilliseconds(checked((long)Math.Round(seconds.GetDouble() * 1000)));

    private static string Seconds(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000m).ToString("0.###", CultureInfo.InvariantCulture);

    public void Dispose() => _client.Dispose();
}
