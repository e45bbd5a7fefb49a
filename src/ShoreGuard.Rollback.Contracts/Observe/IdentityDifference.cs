namespace ShoreGuard.Rollback;

/// <summary>One field in which two builds differ.</summary>
public sealed record IdentityDifference
{
    /// <summary><c>version</c>, <c>git_sha</c> or <c>build_time</c>, as <c>/version</c> names them.</summary>
    public required string Field { get; init; }
    /// <summary>What it should be.</summary>
    public required string Expected { get; init; }
    /// <summary>Who says so, for example <c>the published image</c>.</summary>
    public required string ExpectedBy { get; init; }
    /// <summary>What it is; null where it is not said.</summary>
    public string? Actual { get; init; }
    /// <summary>Of what, for example <c>the running image</c>.</summary>
    public required string ActualOf { get; init; }
    /// <summary>For people: a sentence without its full stop.</summary>
    public override string ToString() => $"{Field} of {ActualOf} is {Actual ?? "not said"}, by {ExpectedBy} it should be {Expected}";
}
