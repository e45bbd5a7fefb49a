namespace ShoreGuard.Rollback;

/// <summary>What the gate found when it let a build pass, or refused it.</summary>
public sealed record GateResult
{
    /// <summary>Whether the build passed.</summary>
    public required bool Passed { get; init; }
    /// <summary>Why it did not; null when it passed.</summary>
    public string? Reason { get; init; }
    /// <summary>From the start of the new container to the verdict.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>The last health report; null when none was made.</summary>
    public HealthReport? Health { get; init; }
    /// <summary>What its API answered to the smoke calls; null when none were made.</summary>
    public ApiReport? Api { get; init; }
    /// <summary>The last lines the container wrote before a refusal.</summary>
    public IReadOnlyList<string> Log { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>For people.</summary>
    public override string ToString() => $"{(Passed ? "passed" : "refused")} after {Readable.Duration(Duration)}{(Reason is null ? "" : $": {Reason}")}";
}
