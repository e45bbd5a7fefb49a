using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>What <c>/readyz?verbose=1</c> says, read.</summary>
/// <remarks>
/// <c>checks</c> is one flat object of strings, numbers and flags. What belongs to one check is brought together
/// (<c>NAME</c>, <c>NAME_latency_ms</c>, <c>NAME_age_s</c>, <c>NAME_stalled</c>); every key not known here becomes a check of its own.
/// </remarks>
internal sealed partial class Readiness
{
    private const string Latency = "_latency_ms";
    private const string Age = "_age_s";
    private const string StalledFlag = "_stalled";

    // What a later release may say of a part that is switched off: neither good nor bad.
    private static readonly string[] Neutral = ["disabled", "off", "skipped", "not configured"];

    /// <summary>Whether ShoreGuard itself says it is ready.</summary>
    public required bool SaysReady { get; init; }
    public required IReadOnlyList<HealthCheck> Checks { get; init; }
    public required GatewaySummary Gateways { get; init; }

    /// <summary>The checks that count and fail.</summary>
    public IEnumerable<HealthCheck> Failing => Checks.Where(check => !check.Ignored && Fails(check));

    /// <summary>Ready by its own word, or not ready only because of checks that were to be left out.</summary>
    public bool IsReady => SaysReady || (Checks.Any(Fails) && !Failing.Any());

    public static bool Fails(HealthCheck check) => check.State is CheckState.Failed or CheckState.Dead;

    /// <summary>Whether a check is of something ShoreGuard depends on, rather than of its own tasks.</summary>
    public static bool IsBackground(HealthCheck check) => check.Name.StartsWith("background_", StringComparison.Ordinal);

    /// <summary>Reads an answer; null, and why, when it is not ShoreGuard's.</summary>
    public static (Readiness? Readiness, string? Problem) Read(ProbeAnswer answer, Func<string, bool> ignored)
    {
        if (answer.Failure != ProbeFailure.None || answer.Location is not null)
            return (null, answer.Error);
        if (answer.StatusCode is not (200 or 503))
            return (null, $"HTTP {answer.StatusCode}");
        if (answer.Error is { } error)
            return (null, answer.StatusCode == 200 ? error : $"HTTP {answer.StatusCode}: {error}");
        if (answer.Text("status") is not { } status || !answer.Json.TryGetProperty("checks", out var checks) || checks.ValueKind != JsonValueKind.Object)
            return (null, "JSON, but not ShoreGuard's");
        var ready = answer.StatusCode == 200 && status == "ready";
        return (Read(checks, ready, ignored), null);
    }

    private static Readiness Read(JsonElement checks, bool ready, Func<string, bool> ignored)
    {
        var values = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in checks.EnumerateObject())
            values[member.Name] = member.Value;

        var gateways = Summarize(values, out var degradedAt);
        var list = new List<HealthCheck>();
        for (var i = 0; i < values.Count; i++)
        {
            var (name, value) = values.GetAt(i);
            if (i == degradedAt)
                list.Add(DegradedGateways(gateways, ignored("gateways")));
            if (IsGatewayKey(name, value) || BelongsToAnother(values, name, value))
                continue;
            list.Add(new()
            {
                Name = name,
                State = State(values, name, value, ready),
                Message = Message(value),
                LatencyMs = Number(values, name + Latency),
                AgeSec = Number(values, name + Age),
                Ignored = ignored(name),
            });
        }
        return new() { SaysReady = ready, Checks = list, Gateways = gateways };
    }

    private static CheckState State(OrderedDictionary<string, JsonElement> values, string name, JsonElement value, bool ready)
    {
        if (value.ValueKind != JsonValueKind.String)
            return name.EndsWith(StalledFlag, StringComparison.Ordinal) && value.ValueKind == JsonValueKind.True ? CheckState.Stalled : CheckState.Info;
        var text = value.GetString()!;
        var stalled = values.TryGetValue(name + StalledFlag, out var flag) && flag.ValueKind == JsonValueKind.True;
        return text switch
        {
            "ok" => stalled ? CheckState.Stalled : CheckState.Ok,
            "dead" when name.StartsWith("background_", StringComparison.Ordinal) => CheckState.Dead,
            "stalled" => CheckState.Stalled,
            "degraded" => CheckState.Degraded,
            _ when name is "database" or "gateway_service" or "gateway_registry" => CheckState.Failed,
            _ when Neutral.Contains(text, StringComparer.OrdinalIgnoreCase) => CheckState.Info,
            // A word that is not known can only be judged by the verdict: in a refusal it may be the reason.
            _ => ready ? CheckState.Info : CheckState.Failed,
        };
    }

    /// <summary>Whether a key only adds to the check whose name it begins with.</summary>
    private static bool BelongsToAnother(OrderedDictionary<string, JsonElement> values, string name, JsonElement value)
    {
        bool Adds(string suffix, bool kind) =>
            kind && name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal)
            && values.TryGetValue(name[..^suffix.Length], out var check) && check.ValueKind == JsonValueKind.String;
        return Adds(Latency, IsNumber(value)) || Adds(Age, IsNumber(value)) || Adds(StalledFlag, value.ValueKind is JsonValueKind.True or JsonValueKind.False);
    }

    private static bool IsNumber(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number);

    private static double? Number(OrderedDictionary<string, JsonElement> values, string name) =>
        values.TryGetValue(name, out var value) && IsNumber(value) ? value.GetDouble() : null;

    private static bool IsCount(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _);

    private static bool IsGatewayKey(string name, JsonElement value) => name switch
    {
        "gateways_total" or "gateways_connected" => IsCount(value),
        "gateways_degraded" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "gateways" => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(IsGateway),
        _ => false,
    };

    private static GatewaySummary Summarize(OrderedDictionary<string, JsonElement> values, out int degradedAt)
    {
        bool Has(string name, out JsonElement value) => values.TryGetValue(name, out value) && IsGatewayKey(name, value);
        var summary = new GatewaySummary
        {
            Total = Has("gateways_total", out var total) ? total.GetInt32() : null,
            Connected = Has("gateways_connected", out var connected) ? connected.GetInt32() : null,
            Degraded = Has("gateways_degraded", out var degraded) && degraded.GetBoolean(),
            Gateways = Has("gateways", out var list) ? [.. list.EnumerateArray().Select(Gateway)] : [],
        };
        degradedAt = summary.Degraded ? values.IndexOf("gateways_degraded") : -1;
        return summary;
    }

    private static HealthCheck DegradedGateways(GatewaySummary gateways, bool ignored) => new()
    {
        Name = "gateways",
        State = CheckState.Degraded,
        Message = gateways is { Total: { } total, Connected: { } connected } ? $"{connected} of {total} connected" : "degraded",
        Ignored = ignored,
    };

    private static bool IsGateway(JsonElement gateway) =>
        gateway.ValueKind == JsonValueKind.Object && gateway.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String;

    private static GatewayState Gateway(JsonElement gateway) => new()
    {
        Name = gateway.GetProperty("name").GetString()!,
        Status = gateway.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String ? status.GetString() : null,
        Connected = gateway.TryGetProperty("connected", out var connected) && connected.ValueKind == JsonValueKind.True,
        // ShoreGuard writes these times without a zone, and means UTC.
        LastSeen = gateway.TryGetProperty("last_seen", out var seen) && seen.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(
                seen.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null,
    };

    // An error text of a database may hold the URL it could not use.
    private static string? Message(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => PasswordInUrl().Replace(value.GetString()!, "$1***$2"),
        _ => PasswordInUrl().Replace(value.GetRawText(), "$1***$2"),
    };

    [GeneratedRegex(@"([A-Za-z][A-Za-z0-9+.-]*://[^\s:/@'""]*:)[^\s'""]*(@)")]
    private static partial Regex PasswordInUrl();
}
