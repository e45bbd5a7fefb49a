using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>Asks an Alertmanager for alerts and silences, and makes and ends silences: its HTTP API v2.</summary>
internal sealed class AlertmanagerClient(MonitorEndpoint endpoint, IReporter? reporter) : IDisposable
{
    private readonly MonitorClient _client = new(endpoint, reporter);

    /// <summary>An alert that it knows.</summary>
    public sealed record Known(IReadOnlyDictionary<string, string> Labels, AlertSuppression Suppression);

    /// <summary>All alerts that it knows.</summary>
    /// <exception cref="ShoreGuardException">It does not answer, or is something else.</exception>
    public async Task<IReadOnlyList<Known>> ReadAlertsAsync(CancellationToken cancellation)
    {
        var answer = await _client.GetAsync("api/v2/alerts", cancellation).ConfigureAwait(false);
        return Understood(answer, list => list.EnumerateArray().Select(KnownOf).ToList());
    }

    /// <summary>What time it is there.</summary>
    /// <exception cref="ShoreGuardException">It does not answer, or is something else.</exception>
    public async Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellation)
    {
        var answer = await _client.GetAsync("api/v2/status", cancellation).ConfigureAwait(false);
        return answer.Json.ValueKind == JsonValueKind.Object && answer.Json.TryGetProperty("versionInfo", out _)
            ? answer.Date ?? DateTimeOffset.UtcNow
            : throw _client.Foreign(answer.Error ?? "JSON, but without the version of an Alertmanager");
    }

    /// <summary>A silence; null where it has none of that id.</summary>
    /// <exception cref="ShoreGuardException">It does not answer, or is something else.</exception>
    public async Task<Silence?> FindSilenceAsync(string id, CancellationToken cancellation)
    {
        var answer = await _client.TryAsync(HttpMethod.Get, SilencePath(id), content: null, cancellation).ConfigureAwait(false);
        // Its own 404 has no body; any other application's has one.
        return answer is { StatusCode: 404, Failure: ProbeFailure.None, Error: ProbeClient.Empty } ? null : Understood(_client.Require(answer), SilenceOf);
    }

    /// <summary>Makes a silence; gives its id.</summary>
    /// <exception cref="ShoreGuardException">It refuses, does not answer, or is something else.</exception>
    public async Task<string> MakeSilenceAsync(
        AlertSelector selector, DateTimeOffset from, DateTimeOffset until, string comment, string by, CancellationToken cancellation)
    {
        var wanted = new JsonObject
        {
            ["matchers"] = new JsonArray([.. selector.Matchers.Select(matcher => new JsonObject
            {
                ["name"] = matcher.Name,
                ["value"] = matcher.Value,
                ["isRegex"] = matcher.IsRegex,
                ["isEqual"] = matcher.IsEqual,
            })]),
            ["startsAt"] = Text(from),
            ["endsAt"] = Text(until),
            ["comment"] = comment,
            ["createdBy"] = by,
        };
        var answer = await _client.TryAsync(HttpMethod.Post, "api/v2/silences", wanted.ToJsonString(), cancellation).ConfigureAwait(false);
        if (answer.Failure is ProbeFailure.Timeout or ProbeFailure.Broken)
            throw Errors.SilenceUncertain(endpoint.Uri, answer.Error!);
        return _client.Require(answer).Text("silenceID") ?? throw _client.Foreign(answer.Error ?? "JSON, but without the id of a silence");
    }

    /// <summary>Ends a silence. One that has ended already stays as it is.</summary>
    /// <exception cref="ShoreGuardException">It refuses, does not answer, or is something else.</exception>
    public async Task EndSilenceAsync(string id, CancellationToken cancellation) =>
        _client.Require(await _client.TryAsync(HttpMethod.Delete, SilencePath(id), content: null, cancellation).ConfigureAwait(false));

    private static string SilencePath(string id) => $"api/v2/silence/{Uri.EscapeDataString(id)}";

    private T Understood<T>(ProbeAnswer answer, Func<JsonElement, T> read)
    {
        try
        {
            return answer.Json.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                ? read(answer.Json)
                : throw _client.Foreign(answer.Error ?? "JSON of another kind");
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            throw _client.Foreign("JSON, but of another kind than an Alertmanager's");
        }
    }

    private static Known KnownOf(JsonElement alert)
    {
        var labels = alert.GetProperty("labels").EnumerateObject()
            .ToDictionary(label => label.Name, label => label.Value.GetString() ?? "", StringComparer.Ordinal);
        var status = alert.GetProperty("status");
        return new(labels, (Has(status, "silencedBy"), Has(status, "inhibitedBy")) switch
        {
            (true, _) => AlertSuppression.Silenced,
            (_, true) => AlertSuppression.Inhibited,
            _ => AlertSuppression.None,
        });
    }

    private static bool Has(JsonElement status, string name) => status.GetProperty(name).GetArrayLength() > 0;

    private Silence SilenceOf(JsonElement silence) => new()
    {
        Id = silence.GetProperty("id").GetString()!,
        AlertmanagerUri = endpoint.Uri,
        Matchers = [.. silence.GetProperty("matchers").EnumerateArray().Select(MatcherOf)],
        StartsAt = silence.GetProperty("startsAt").GetDateTimeOffset(),
        EndsAt = silence.GetProperty("endsAt").GetDateTimeOffset(),
        State = silence.GetProperty("status").GetProperty("state").GetString() switch
        {
            "active" => SilenceState.Active,
            "pending" => SilenceState.Pending,
            _ => SilenceState.Expired,
        },
        Comment = silence.GetProperty("comment").GetString(),
        CreatedBy = silence.GetProperty("createdBy").GetString(),
    };

    // Before 0.22 there was no isEqual: all were.
    private static string MatcherOf(JsonElement matcher)
    {
        var isEqual = !matcher.TryGetProperty("isEqual", out var equal) || equal.GetBoolean();
        var isRegex = matcher.GetProperty("isRegex").GetBoolean();
        var means = (isEqual, isRegex) switch
        {
            (true, true) => "=~",
            (true, false) => "=",
            (false, true) => "!~",
            _ => "!=",
        };
        return new AlertMatcher(matcher.GetProperty("name").GetString()!, means, matcher.GetProperty("value").GetString() ?? "").ToString();
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public void Dispose() => _client.Dispose();
}
