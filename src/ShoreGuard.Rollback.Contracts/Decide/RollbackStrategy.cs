namespace ShoreGuard.Rollback;

/// <summary>What a rollback does with the database.</summary>
public enum RollbackStrategy
{
    /// <summary>The schema decides.</summary>
    Auto,
    /// <summary>The image alone changes: it starts on the database as it is.</summary>
    ImageOnly,
    /// <summary>The newer image takes the schema down first; only what its migrations added is lost.</summary>
    Downgrade,
    /// <summary>A backup takes the database's place first; what was written since it was made is not in it.</summary>
    Restore,
}
