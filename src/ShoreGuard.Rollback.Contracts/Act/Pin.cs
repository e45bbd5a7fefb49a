namespace ShoreGuard.Rollback;

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
