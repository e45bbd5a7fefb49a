namespace ShoreGuard.Rollback;

/// <summary>Whether ShoreGuard's API does its work: what each call answered, and what that means.</summary>
/// <remarks>A build can be ready and yet answer every call with an error: readiness asks whether the process can serve, not whether it serves right.</remarks>
public sealed record ApiReport
{
    /// <summary>The deployment that was asked; null where only an address was given.</summary>
    public string? Name { get; init; }
    /// <summary>Where it was asked.</summary>
    public required Uri Uri { get; init; }
    /// <summary>How the requests got there.</summary>
    public ProbeRoute Route { get; init; }
    /// <summary>What the calls say together.</summary>
    public required ApiStatus Status { get; init; }
    /// <summary>Whether the API works.</summary>
    public bool Works => Status == ApiStatus.Working;
    /// <summary>Every call, in the order in which they were made.</summary>
    public IReadOnlyList<ApiCall> Calls { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<ApiCall>();
    /// <summary>The gateways that were connected, by name. A later report is compared with them.</summary>
    public IReadOnlyList<string> ConnectedGateways { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The gateways that are offline, by name.</summary>
    public IReadOnlyList<string> OfflineGateways { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The gateways that were connected in the report of before, and no longer are.</summary>
    public IReadOnlyList<string> LostGateways { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What it means, a sentence or two.</summary>
    public required string Explanation { get; init; }
    /// <summary>What to do next.</summary>
    public required string Recommendation { get; init; }
    /// <summary>When it was asked, UTC.</summary>
    public required DateTimeOffset CheckedAt { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name ?? Uri.ToString().TrimEnd('/')}: {Status}, {Calls.Count} call{(Calls.Count == 1 ? "" : "s")}";
}
