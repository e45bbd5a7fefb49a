namespace ShoreGuard.Rollback;

/// <summary>One check of a release.</summary>
public sealed record ReleaseCheck
{
    /// <summary>What was checked: <c>NotBlocked</c>, <c>Signature</c>, <c>Reversible</c>, <c>Backup</c> or <c>KnownIdentity</c>.</summary>
    public required string Name { get; init; }
    /// <summary>What became of it.</summary>
    public required ReleaseOutcome Outcome { get; init; }
    /// <summary>Whether the release passes only with it.</summary>
    public required bool Required { get; init; }
    /// <summary>What was found, as a sentence without its full stop.</summary>
    public required string Explanation { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Name}: {Outcome}, {Explanation}";
}
