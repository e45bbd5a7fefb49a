namespace ShoreGuard.Rollback;

/// <summary>What changes a deployment.</summary>
public enum OperationKind
{
    /// <summary>Image and database go back together: <c>Invoke-ShoreGuardRollback</c>.</summary>
    Rollback,
    /// <summary>The image alone goes back: <c>Invoke-ShoreGuardImageRollback</c>.</summary>
    ImageRollback,
    /// <summary>The schema goes down: <c>Invoke-ShoreGuardSchemaDowngrade</c>.</summary>
    SchemaDowngrade,
    /// <summary>Another database takes the present one's place: <c>Restore-ShoreGuardDatabase</c>.</summary>
    Restore,
}
