namespace ShoreGuard.Rollback;

/// <summary>What a release has to fulfil before it may be deployed, besides not being blocked.</summary>
public enum ReleaseRequirement
{
    /// <summary>It is signed by whom it has to be.</summary>
    Signature,
    /// <summary>Every migration that its start would run can be taken back.</summary>
    Reversible,
    /// <summary>There is a backup of the database that is proven and young enough.</summary>
    Backup,
    /// <summary>It says which release and commit it was built from, and its labels and its tag agree.</summary>
    KnownIdentity,
}
