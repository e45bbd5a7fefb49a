namespace ShoreGuard.Rollback;

/// <summary>The two databases ShoreGuard knows.</summary>
public enum DatabaseKind
{
    /// <summary>A SQLite file.</summary>
    Sqlite,
    /// <summary>A PostgreSQL server.</summary>
    Postgres,
}
