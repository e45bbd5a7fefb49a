namespace ShoreGuard.Rollback;

/// <summary>How a container's image is switched.</summary>
public enum SwitchStrategy
{
    /// <summary>Chosen by topology: where the database bears two instances, HotSwap if a host port is published, BlueGreen if none is and there is a network alias; else Recreate.</summary>
    Auto,
    /// <summary>Start and gate the new container on a private network while the old one serves, then hand the host port over.</summary>
    HotSwap,
    /// <summary>Start and gate the new container beside the old one, then give it the network alias by which a proxy finds the service, and take that from the old one.</summary>
    BlueGreen,
    /// <summary>Stop the old container, start the new one in its place, remove the old one when the gate has passed.</summary>
    Recreate,
}

/// <summary>Where the new image is written down, so that a later deploy does not bring the old one back.</summary>
public enum PinTarget
{
    /// <summary><c>Env</c> where a variable decides the image, else <c>ComposeFile</c>.</summary>
    Auto,
    /// <summary>In the variable that the Compose file's <c>image:</c> names, in the project's <c>.env</c>.</summary>
    Env,
    /// <summary>In the text of the <c>image:</c> in the Compose file.</summary>
    ComposeFile,
    /// <summary>Nowhere.</summary>
    None,
}

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
    /// <summary>The last lines the container wrote before a refusal.</summary>
    public IReadOnlyList<string> Log { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>For people.</summary>
    public override string ToString() => $"{(Passed ? "passed" : "refused")} after {Readable.Duration(Duration)}{(Reason is null ? "" : $": {Reason}")}";
}

/// <summary>How long nobody was served, seen by a prober of <c>/healthz</c>.</summary>
public sealed record Outage
{
    /// <summary>From the first request that failed to the first that succeeded again, all gaps together.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>When the first request failed, UTC; null when none did.</summary>
    public DateTimeOffset? Began { get; init; }
    /// <summary>When requests succeeded again, UTC; null when none failed, or none has succeeded since.</summary>
    public DateTimeOffset? Ended { get; init; }
    /// <summary>How many requests were sent.</summary>
    public required int Probes { get; init; }
    /// <summary>How many of them failed.</summary>
    public required int Failed { get; init; }
    /// <summary>The longest time from one answered request to the next one: <see cref="Duration"/> is no more exact, and a shorter outage may have been missed.</summary>
    public TimeSpan Resolution { get; init; }
    /// <summary>For people: seconds, and how exact they are where that is worth knowing.</summary>
    public override string ToString() =>
        $"{Readable.Duration(Duration)}{(Resolution > Coarse ? $" (±{Readable.Duration(Resolution)})" : "")}"
        + (Began is not null && Ended is null ? ", not over" : "");

    // Below it are requests to a port on a machine that has time for them; through the engine, or on a busy one, they are further apart.
    private static readonly TimeSpan Coarse = TimeSpan.FromMilliseconds(100);
}

/// <summary>A pin as it was written.</summary>
public sealed record Pin
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }
    /// <summary>The variable in it; null where the <c>image:</c> of the Compose file holds the pin.</summary>
    public string? Variable { get; init; }
    /// <summary>What it said before; null when it was not there.</summary>
    public string? OldValue { get; init; }
    /// <summary>What it says now.</summary>
    public required string NewValue { get; init; }
    /// <summary>For people: the line and its file.</summary>
    public override string ToString() => Variable is null ? $"image: {NewValue} in {Path}" : $"{Variable}={NewValue} in {Path}";
}

/// <summary>What an image rollback did.</summary>
public sealed record ImageRollbackResult
{
    /// <summary>Whether the target serves now.</summary>
    public required bool Succeeded { get; init; }
    /// <summary>Whether the state before was put back.</summary>
    public required bool Reverted { get; init; }
    /// <summary>Why it was put back; null when it was not.</summary>
    public string? Reason { get; init; }
    /// <summary>The container's name.</summary>
    public required string Name { get; init; }
    /// <summary>The build before.</summary>
    public BuildIdentity? Before { get; init; }
    /// <summary>The build now, as it answers; of a reverted rollback, the one put back.</summary>
    public BuildIdentity? After { get; init; }
    /// <summary>The image reference before.</summary>
    public required string ImageBefore { get; init; }
    /// <summary>The image reference that was asked for.</summary>
    public required string Image { get; init; }
    /// <summary>The registry's digest before; null for a local image.</summary>
    public string? DigestBefore { get; init; }
    /// <summary>The registry's digest of the target; null for a local image.</summary>
    public string? Digest { get; init; }
    /// <summary>Whose signature the target was verified to carry, as a phrase; null when that was not asked for.</summary>
    public string? Signature { get; init; }
    /// <summary>How it was switched.</summary>
    public required SwitchStrategy Strategy { get; init; }
    /// <summary>Why in that way.</summary>
    public required string StrategyReason { get; init; }
    /// <summary>What the gate found; null when it was not reached.</summary>
    public GateResult? Gate { get; init; }
    /// <summary>The outage, measured, from the switch on where the container was stopped before; null where it cannot be: nothing leads there from here, or it is asked inside its network while both containers live. With BlueGreen the container under the alias is asked, and not through the proxy.</summary>
    public Outage? Outage { get; init; }
    /// <summary>The pin; null when none was written.</summary>
    public Pin? Pin { get; init; }
    /// <summary>Every step as it went.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init => field = ReadableList.Of(value); }
    /// <summary>What the operator should know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What to do next; null when there is nothing.</summary>
    public string? Recommendation { get; init; }
    /// <summary>From the first step to the last.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>The deployment as it is now.</summary>
    public required Deployment Deployment { get; init; }
    /// <summary>Where it answers.</summary>
    public Uri? Uri => Deployment.Uri;

    /// <summary>For people: what became of it.</summary>
    public override string ToString() => $"{Name} to {Image}: {Readable.Outcome(Succeeded, Reverted, Reason)}";
}
