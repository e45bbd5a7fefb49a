namespace ShoreGuard.Rollback;

/// <summary>One call of an API, and what it answered.</summary>
public sealed record ApiCall
{
    /// <summary>The path that was asked, for example <c>/api/gateway/list</c>.</summary>
    public required string Path { get; init; }
    /// <summary>The gateway that it was about; null when about none.</summary>
    public string? Gateway { get; init; }
    /// <summary>What became of it.</summary>
    public required ApiOutcome Outcome { get; init; }
    /// <summary>The HTTP status; null when no answer came.</summary>
    public int? StatusCode { get; init; }
    /// <summary>ShoreGuard's code for the problem (RFC 9457), for example <c>GATEWAY_NOT_CONNECTED</c>; null when it gave none.</summary>
    public string? Code { get; init; }
    /// <summary>How many items the answer lists; null when it lists none.</summary>
    public int? Items { get; init; }
    /// <summary>Milliseconds from the request to the end of the answer, or to the failure.</summary>
    public required double LatencyMs { get; init; }
    /// <summary>Why it is no success; null when it is one.</summary>
    public string? Error { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() =>
        $"{Path}: {(Error is { Length: > 0 } ? Error : $"{StatusCode} after {Readable.Duration(TimeSpan.FromMilliseconds(LatencyMs))}")}";
}
