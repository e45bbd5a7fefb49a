namespace ShoreGuard.Rollback;

/// <summary>What a downgrade drops for good.</summary>
public sealed record SchemaLoss
{
    /// <summary>The migration that is taken back with it.</summary>
    public required string Revision { get; init; }
    /// <summary>The table.</summary>
    public required string Table { get; init; }
    /// <summary>The column; null when the table goes, or rows of it.</summary>
    public string? Column { get; init; }
    /// <summary>How many rows there are, or how many of them have a value in the column. Where rows are deleted, at most so many.</summary>
    public required long Rows { get; init; }
    /// <summary>Whether the script drops it only under a condition.</summary>
    public bool IsConditional { get; init; }

    /// <summary>For people, for example <c>policy_apply_proposals: 3 rows</c>.</summary>
    public override string ToString() =>
        $"{Table}{(Column is null ? "" : $".{Column}")}: {Rows} {(Column is null ? Rows == 1 ? "row" : "rows" : Rows == 1 ? "value" : "values")}{(IsConditional ? ", under a condition" : "")}";
}
