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

/// <summary>One proof of a database or backup, and how it went.</summary>
public sealed record DatabaseCheck
{
    /// <summary>What was checked, for example <c>quick_check</c>.</summary>
    public required string Name { get; init; }
    /// <summary>Whether it held.</summary>
    public required bool Passed { get; init; }
    /// <summary>What was found.</summary>
    public string? Detail { get; init; }
    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>For people: name and verdict.</summary>
    public override string ToString() => $"{Name} {(Passed ? "ok" : "failed")}";
}

/// <summary>A backup of a ShoreGuard database that was made and proven.</summary>
public sealed record Backup
{
    /// <summary>The backup file, absolute.</summary>
    public required string BackupPath { get; init; }
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The database it was made of: the URL, the password replaced by <c>***</c>.</summary>
    public required string Database { get; init; }
    /// <summary>The Alembic revision in it.</summary>
    public string? Revision { get; init; }
    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }
    /// <summary>SHA-256 of the file, 64 hexadecimal digits.</summary>
    public required string Sha256 { get; init; }
    /// <summary>The rows of every table.</summary>
    public IReadOnlyList<TableRows> Rows { get; init; } = [];
    /// <summary>What was checked.</summary>
    public IReadOnlyList<DatabaseCheck> Checks { get; init; } = [];
    /// <summary>Which build was running when it was made, where a deployment was given.</summary>
    public BuildIdentity? Identity { get; init; }
    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>How long it took, proofs included.</summary>
    public required TimeSpan Duration { get; init; }
    /// <summary>All rows together.</summary>
    public long TotalRows => Rows.Sum(table => table.Rows);
    /// <summary>For people: the path.</summary>
    public override string ToString() => BackupPath;
}
