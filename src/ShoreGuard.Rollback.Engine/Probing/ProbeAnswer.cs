using System.Text.Json;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>How far an HTTP request got.</summary>
internal enum ProbeFailure
{
    None,
    NoSuchHost,
    Refused,
    Unreachable,
    Timeout,
    Tls,
    /// <summary>The other end does not speak HTTP, or stopped in the middle.</summary>
    Broken,
    TooLarge,
}

/// <summary>What came back for one path.</summary>
internal sealed record ProbeAnswer
{
    public required string Path { get; init; }
    public required double LatencyMs { get; init; }
    public int? StatusCode { get; init; }
    public ProbeFailure Failure { get; init; }
    /// <summary>Why there is no <see cref="Json"/>; null when there is.</summary>
    public string? Error { get; init; }
    /// <summary>The whole body; undefined when it is not JSON.</summary>
    public JsonElement Json { get; init; }
    /// <summary>What names itself as the server, where that is not ShoreGuard's own (uvicorn): a proxy, such as <c>nginx</c>. Null where nothing
    /// does.</summary>
    public string? Proxy { get; init; }
    /// <summary>How long to wait before asking again, where a limit of requests says so (<c>Retry-After</c>, RFC 9110, 10.2.3).</summary>
    public TimeSpan? RetryAfter { get; init; }
    /// <summary>What time it is there, to the second; null where the answer does not say.</summary>
    public DateTimeOffset? Date { get; init; }
    /// <summary>Where a redirect points.</summary>
    public Uri? Location { get; init; }

    /// <summary>Whether a member of the JSON object has this text.</summary>
    public bool Says(string name, string value) => Text(name) == value;

    /// <summary>A member's text; null when the body has no such text.</summary>
    public string? Text(string name) =>
        Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    public ProbeResult ToResult(string? error) => new() { Path = Path, StatusCode = StatusCode, LatencyMs = Math.Round(LatencyMs, 1), Error = Error ?? error };
}
