namespace ShoreGuard.Rollback;

/// <summary>What one of ShoreGuard's three probes answered.</summary>
public sealed record ProbeResult
{
    /// <summary>The path that was asked, for example <c>/readyz?verbose=1</c>.</summary>
    public required string Path { get; init; }
    /// <summary>The HTTP status; null when no answer came.</summary>
    public int? StatusCode { get; init; }
    /// <summary>Milliseconds from the request to the end of the answer, or to the failure.</summary>
    public required double LatencyMs { get; init; }
    /// <summary>Why the answer is no use: refused, timed out, not JSON, and so on; null when it is well formed.</summary>
    public string? Error { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() =>
        $"{Path}: {(Error is { Length: > 0 } ? Error : $"{StatusCode} after {Readable.Duration(TimeSpan.FromMilliseconds(LatencyMs))}")}";
}
