namespace ShoreGuard.Rollback;

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
