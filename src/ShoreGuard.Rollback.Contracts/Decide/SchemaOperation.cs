namespace ShoreGuard.Rollback;

/// <summary>One operation of a migration script, read from its syntax tree and never run.</summary>
public sealed record SchemaOperation
{
    /// <summary>What it does.</summary>
    public required SchemaOperationKind Kind { get; init; }
    /// <summary>The table; null where it has none, or where the script computes its name.</summary>
    public string? Table { get; init; }
    /// <summary>The column, index or constraint, or the new name of a table; null where there is none, or where the script computes it.</summary>
    public string? Name { get; init; }
    /// <summary>Whether the script does it only under a condition.</summary>
    public required bool IsConditional { get; init; }
    /// <summary>The script's own words, shortened.</summary>
    public required string Text { get; init; }

    /// <summary>Whether it cannot be told what it changes.</summary>
    public bool IsUnread => Kind switch
    {
        SchemaOperationKind.Unknown => true,
        SchemaOperationKind.OtherSql or SchemaOperationKind.DropIndex => false,
        SchemaOperationKind.DropColumn or SchemaOperationKind.RenameTable => Table is null || Name is null,
        _ => Table is null,
    };

    /// <summary>Whether rows or values are gone after it.</summary>
    public bool Destroys => Kind is SchemaOperationKind.DropTable or SchemaOperationKind.DropColumn or SchemaOperationKind.DeleteRows;

    /// <summary>For people, for example <c>drop column gateways.description</c>.</summary>
    public override string ToString()
    {
        if (Kind == SchemaOperationKind.Unknown)
            return $"not understood: {Text}";
        var what = Kind switch
        {
            SchemaOperationKind.OtherSql => Text,
            SchemaOperationKind.RenameTable => $"rename table {Table ?? "?"} to {Name ?? "?"}",
            _ => $"{Words} {Object}",
        };
        return IsConditional ? $"{what} (under a condition)" : what;
    }

    // CreateTable → create table.
    private string Words =>
        string.Concat(Kind.ToString()
        .Select((letter, at) => at > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"))
        + (Kind is SchemaOperationKind.InsertRows or SchemaOperationKind.UpdateRows or SchemaOperationKind.DeleteRows ? " of" : "");

    private string Object => Kind switch
    {
        SchemaOperationKind.AddColumn or SchemaOperationKind.DropColumn or SchemaOperationKind.AlterColumn => $"{Table ?? "?"}.{Name ?? "?"}",
        SchemaOperationKind.CreateIndex or SchemaOperationKind.DropIndex or SchemaOperationKind.CreateConstraint or SchemaOperationKind.DropConstraint =>
        Name is null ? $"of {Table ?? "?"}" : Table is null ? Name : $"{Name} of {Table}",
        _ => Table ?? "?",
    };
}
