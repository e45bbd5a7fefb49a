namespace ShoreGuard.Rollback;

/// <summary>A table and how many rows it holds.</summary>
public sealed record TableRows
{
    /// <summary>The table's name; with its schema where that is not the default one.</summary>
    public required string Table { get; init; }
    /// <summary>How many rows it holds.</summary>
    public required long Rows { get; init; }
    /// <summary>For people: <c>gateways 40</c>.</summary>
    public override string ToString() => $"{Table} {Rows}";
}
