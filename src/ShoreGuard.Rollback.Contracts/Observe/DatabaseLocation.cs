namespace ShoreGuard.Rollback;

/// <summary>Where a deployment's database is. Holds no password.</summary>
public sealed record DatabaseLocation
{
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The SQLAlchemy URL as the application sees it, the password replaced by <c>***</c>.</summary>
    public required string Url { get; init; }
    /// <summary>SQLite: the file's path on the machine the engine runs on; null where no mount holds it.</summary>
    public string? HostPath { get; init; }
    /// <summary>For people: kind and place.</summary>
    public override string ToString() => HostPath is null ? Url : $"{Url} ({HostPath})";
}
