namespace ShoreGuard.Rollback;

/// <summary>What the <c>downgrade()</c> of a migration script does, read from its text.</summary>
public enum DowngradeKind
{
    /// <summary>It changes the schema back.</summary>
    Implemented,
    /// <summary>It does nothing.</summary>
    Empty,
    /// <summary>It raises an error, or there is no such function.</summary>
    Refuses,
    /// <summary>It raises an error under a condition that only a run can tell.</summary>
    MayRefuse,
    /// <summary>The script could not be read.</summary>
    Unread,
}

/// <summary>What a step of a migration does.</summary>
public enum SchemaOperationKind
{
    /// <summary>Makes a table.</summary>
    CreateTable,
    /// <summary>Drops a table with its rows.</summary>
    DropTable,
    /// <summary>Gives a table another name.</summary>
    RenameTable,
    /// <summary>Changes something else of a table.</summary>
    AlterTable,
    /// <summary>Adds a column.</summary>
    AddColumn,
    /// <summary>Drops a column with its values.</summary>
    DropColumn,
    /// <summary>Changes type, name, default or nullability of a column.</summary>
    AlterColumn,
    /// <summary>Makes an index.</summary>
    CreateIndex,
    /// <summary>Drops an index.</summary>
    DropIndex,
    /// <summary>Adds a constraint.</summary>
    CreateConstraint,
    /// <summary>Drops a constraint.</summary>
    DropConstraint,
    /// <summary>Adds rows.</summary>
    InsertRows,
    /// <summary>Changes rows.</summary>
    UpdateRows,
    /// <summary>Deletes rows.</summary>
    DeleteRows,
    /// <summary>A statement of SQL that changes neither tables nor rows, such as one about a type or a view.</summary>
    OtherSql,
    /// <summary>Something whose effect cannot be read.</summary>
    Unknown,
}

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
    private string Words => string.Concat(Kind.ToString().Select((letter, at) => at > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"))
        + (Kind is SchemaOperationKind.InsertRows or SchemaOperationKind.UpdateRows or SchemaOperationKind.DeleteRows ? " of" : "");

    private string Object => Kind switch
    {
        SchemaOperationKind.AddColumn or SchemaOperationKind.DropColumn or SchemaOperationKind.AlterColumn => $"{Table ?? "?"}.{Name ?? "?"}",
        SchemaOperationKind.CreateIndex or SchemaOperationKind.DropIndex or SchemaOperationKind.CreateConstraint or SchemaOperationKind.DropConstraint => Name is null ? $"of {Table ?? "?"}" : Table is null ? Name : $"{Name} of {Table}",
        _ => Table ?? "?",
    };
}

/// <summary>One migration script of an image.</summary>
public sealed record Migration
{
    /// <summary>Its revision, for example <c>017</c>.</summary>
    public required string Revision { get; init; }
    /// <summary>The revisions it builds on: none for a first one, several for a merge.</summary>
    public required IReadOnlyList<string> Parents { get; init => field = ReadableList.Of(value); }
    /// <summary>The revisions of other branches that have to be there first (Alembic's <c>depends_on</c>).</summary>
    public IReadOnlyList<string> DependsOn { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>Its branch labels.</summary>
    public IReadOnlyList<string> BranchLabels { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The revisions it stands for, where the script has a variable <c>replaces</c>. Alembic itself knows no such thing and goes by revisions alone.</summary>
    public IReadOnlyList<string> Replaces { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The first lines of the script's documentation.</summary>
    public string Message { get; init; } = "";
    /// <summary>The script's file name.</summary>
    public string FileName { get; init; } = "";
    /// <summary>What its <c>downgrade()</c> does.</summary>
    public DowngradeKind Downgrade { get; init; }
    /// <summary>Why it refuses, in the script's own words; null when it does not.</summary>
    public string? DowngradeReason { get; init; }
    /// <summary>What its <c>upgrade()</c> does, in order.</summary>
    public IReadOnlyList<SchemaOperation> UpgradeOperations { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaOperation>();
    /// <summary>What its <c>downgrade()</c> does, in order.</summary>
    public IReadOnlyList<SchemaOperation> DowngradeOperations { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaOperation>();

    /// <summary>Why it cannot be taken back by its script; null when it can, as far as its text tells.</summary>
    public string? Obstacle => Downgrade switch
    {
        DowngradeKind.Refuses => $"its downgrade() refuses: {DowngradeReason}",
        DowngradeKind.MayRefuse => $"its downgrade() may refuse: {DowngradeReason}",
        DowngradeKind.Unread => DowngradeReason ?? "its script cannot be read",
        DowngradeKind.Empty when UpgradeOperations.Count > 0 => "its downgrade() is empty, although its upgrade() is not",
        _ => DowngradeOperations.FirstOrDefault(operation => operation.IsUnread) is { } unread ? $"it cannot be told what its downgrade() does: {unread.Text}" : null,
    };

    /// <summary>Whether its <c>downgrade()</c> undoes it, as far as its text tells.</summary>
    public bool IsReversible => Obstacle is null;

    /// <summary>For people: the revision and what it is about.</summary>
    public override string ToString() => Message.Length == 0 ? Revision : $"{Revision} {Message}";
}
