using System.Text.Json;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>What the answers of an API mean.</summary>
/// <remarks>
/// ShoreGuard's own: problems are <c>application/problem+json</c> with a code; the limit of requests and what is not found are plain JSON with a detail.
/// </remarks>
internal static class ApiJudgement
{
    private const int LongestDetail = 200, MostNames = 5;
    private const string NotConnected = "GATEWAY_NOT_CONNECTED";

    /// <summary>A gateway of the list.</summary>
    public sealed record Gateway(string Name, bool IsConnected);

    /// <summary>A call whose answer is to be a list, as ShoreGuard gives them: <c>{"items":[…],"total":N}</c>.</summary>
    public static ApiCall OfList(ProbeAnswer answer, string? gateway)
    {
        var call = Of(answer) with { Gateway = gateway };
        return call is { Outcome: ApiOutcome.Ok, Items: null }
            ? call with { Outcome = ApiOutcome.Failed, Error = answer.Error ?? "JSON, but not ShoreGuard's: it lists no items" }
            : call;
    }

    /// <summary>A call of which only success is known: metrics are text, others JSON.</summary>
    public static ApiCall OfAny(ProbeAnswer answer) => Of(answer);

    /// <summary>The gateways of a list; those without a name are none.</summary>
    public static IEnumerable<Gateway> Gateways(JsonElement list) =>
        from item in Items(list)?.EnumerateArray() ?? default
        where item.ValueKind == JsonValueKind.Object
        let name = item.TryGetProperty("name", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null
        where name is { Length: > 0 }
        select new Gateway(name, item.TryGetProperty("connected", out var connected) && connected.ValueKind == JsonValueKind.True);

    /// <summary>What the calls say together.</summary>
    public static ApiReport Report(
        ApiRequest request, IReadOnlyList<ApiCall> calls, IReadOnlyList<Gateway> gateways, Func<string, bool> isMeant, DateTimeOffset checkedAt)
    {
        var offline = gateways.Where(gateway => !gateway.IsConnected).Select(gateway => gateway.Name)
            .Concat(calls.Where(call => call.Outcome == ApiOutcome.GatewayOffline).Select(call => call.Gateway).OfType<string>())
            .Distinct(StringComparer.Ordinal).ToList();
        var connected = gateways.Select(gateway => gateway.Name).Except(offline, StringComparer.Ordinal).ToList();
        // Where the list could not be had, nothing is known of any.
        var known = calls[0].Outcome == ApiOutcome.Ok ? request.Before?.ConnectedGateways ?? [] : [];
        var lost = known.Where(isMeant).Except(connected, StringComparer.Ordinal).ToList();
        var status = StatusOf(calls, lost);
        var (explanation, recommendation) = Words(request, status, calls, offline, lost);
        return new()
        {
            Name = request.Name,
            Uri = request.Route.Uri,
            Route = request.Route.Kind,
            Status = status,
            Calls = calls,
            ConnectedGateways = connected,
            OfflineGateways = offline,
            LostGateways = lost,
            Explanation = explanation,
            Recommendation = recommendation,
            CheckedAt = checkedAt,
        };
    }

    private static ApiStatus StatusOf(IReadOnlyList<ApiCall> calls, List<string> lost)
    {
        if (calls[0].Outcome == ApiOutcome.Unreachable)
            return ApiStatus.Unreachable;
        if (lost.Count > 0 || calls.Any(IsFailure))
            return ApiStatus.Failing;
        return calls.Any(IsRefusal) ? ApiStatus.Inconclusive : ApiStatus.Working;
    }

    // Says that the build does not do its work.
    private static bool IsFailure(ApiCall call) => call.Outcome is ApiOutcome.Failed or ApiOutcome.Invalid or ApiOutcome.Unreachable;

    // Says something about the key or the limit, and nothing about the build.
    private static bool IsRefusal(ApiCall call) => call.Outcome is ApiOutcome.TokenRefused or ApiOutcome.PermissionDenied or ApiOutcome.RateLimited;

    private static ApiCall Of(ProbeAnswer answer)
    {
        var code = answer.Text("code");
        var (outcome, error) = answer switch
        {
            { StatusCode: null } => (ApiOutcome.Unreachable, answer.Error),
            { Failure: not ProbeFailure.None } => (ApiOutcome.Failed, answer.Error),
            { StatusCode: >= 200 and < 300 } => (ApiOutcome.Ok, null),
            { StatusCode: 401 } => (ApiOutcome.TokenRefused, Problem(answer)),
            { StatusCode: 403 } => (ApiOutcome.PermissionDenied, Problem(answer)),
            { StatusCode: 422 } => (ApiOutcome.Invalid, Problem(answer)),
            { StatusCode: 429 } => (ApiOutcome.RateLimited, Problem(answer)),
            { StatusCode: 503 } when code == NotConnected => (ApiOutcome.GatewayOffline, Problem(answer)),
            _ => (ApiOutcome.Failed, Problem(answer)),
        };
        return new()
        {
            Path = answer.Path,
            Outcome = outcome,
            StatusCode = answer.StatusCode,
            Code = code,
            Items = outcome == ApiOutcome.Ok ? Items(answer.Json)?.GetArrayLength() : null,
            LatencyMs = Math.Round(answer.LatencyMs, 1),
            Error = error,
        };
    }

    private static JsonElement? Items(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array ? items : null;

    // A redirect says where to itself; whoever answers for a proxy is named.
    private static string Problem(ProbeAnswer answer)
    {
        if (answer.Location is not null)
            return answer.Error!;
        var said = answer.Text("detail") ?? answer.Text("title") ?? answer.Error;
        var by = answer.Proxy is { } proxy && answer.Text("code") is null ? $" by {proxy}" : "";
        return $"HTTP {answer.StatusCode}{by}{(said is null ? "" : $": {Short(SecretScrubber.Scrub(said))}")}";
    }

    private static string Short(string text) => text.Length > LongestDetail ? text[..LongestDetail] + "…" : text;

    private static (string Explanation, string Recommendation) Words(
        ApiRequest request, ApiStatus status, IReadOnlyList<ApiCall> calls, List<string> offline, List<string> lost)
    {
        var bad = calls.FirstOrDefault(IsFailure);
        return status switch
        {
            ApiStatus.Working => (
                $"The API works: {Count(calls.Count, "call")}{Offline(offline)}.",
                offline.Count == 0 ? "Nothing." : "If a gateway should be connected, look at the gateway and at its registration."),
            ApiStatus.Unreachable => (
                $"Nothing answers at {request.Route.Uri}{Errors.Inside(request.Route.Kind)}: {bad!.Error}.",
                "Test-ShoreGuardHealth says whether it runs, and why not."),
            ApiStatus.Failing when bad is null => (
                $"{Names(lost)} {(lost.Count == 1 ? "was" : "were")} connected before, and no longer {(lost.Count == 1 ? "is" : "are")}.",
                "Gateways connect again within a minute of a start. If it stays so, it is a symptom: Get-ShoreGuardRollbackPlan shows the way back."),
            ApiStatus.Failing => (
                $"{bad.Path}: {bad.Error}.{(lost.Count == 0 ? "" : $" No longer connected: {Names(lost)}.")}",
                "A build whose API fails is a case for a rollback, however ready it says it is: Get-ShoreGuardRollbackPlan shows the way back."),
            _ => Inconclusive(request, calls.First(IsRefusal)),
        };
    }

    private static (string Explanation, string Recommendation) Inconclusive(ApiRequest request, ApiCall call) => call.Outcome switch
    {
        ApiOutcome.TokenRefused when request.Token is null => (
            $"The API wants a key, and none was given ({call.Path}: {call.Error}).",
            "Give the key of a service principal with the role viewer: -Token, -Credential or the variable SHOREGUARD_TOKEN. Do not make one with the "
                + "application's own command during an incident: each of its commands migrates the database."),
        ApiOutcome.TokenRefused => (
            $"The API does not accept the key: it is wrong, expired or revoked ({call.Path}: {call.Error}).",
            "Give another key. A key that was made after the backup is not in a database that was restored from it."),
        ApiOutcome.PermissionDenied => (
            $"The key's role is not enough ({call.Path}: {call.Error}).",
            "Give a key of the role viewer or above, or leave that path out."),
        _ => (
            $"The limit of requests is reached ({call.Path}: {call.Error}).",
            "Wait until it ends, or allow more time with -TimeoutSec; behind a proxy, all who come through it share one limit."),
    };

    private static string Offline(List<string> offline) =>
        offline.Count == 0 ? "" : $"; offline, which is no fault of the build, {(offline.Count == 1 ? "is" : "are")} {Names(offline)}";

    private static string Names(IReadOnlyList<string> names) =>
        names.Count <= MostNames ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNames))} and {names.Count - MostNames} more";

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
