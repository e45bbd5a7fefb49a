namespace ShoreGuard.Rollback;

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
    /// <summary>The outage, measured, from the switch on where the container was stopped before; null where it cannot be: nothing leads there from
    /// here, or it is asked inside its network while both containers live. With BlueGreen the container under the alias is asked, and not through the
    /// proxy.</summary>
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
