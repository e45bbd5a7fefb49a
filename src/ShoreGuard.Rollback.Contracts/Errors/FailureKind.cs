namespace ShoreGuard.Rollback;

/// <summary>What kind of failure an error is. The names are those of PowerShell's own categories.</summary>
public enum FailureKind
{
    /// <summary>The caller gave something that cannot be meant.</summary>
    InvalidArgument,
    /// <summary>Something named is not there.</summary>
    ObjectNotFound,
    /// <summary>The data is not what it has to be.</summary>
    InvalidData,
    /// <summary>The state does not allow it.</summary>
    InvalidOperation,
    /// <summary>Nobody answers.</summary>
    ConnectionError,
    /// <summary>Who answers does not know us.</summary>
    AuthenticationError,
    /// <summary>The right is missing.</summary>
    PermissionDenied,
    /// <summary>Who or what it is cannot be trusted.</summary>
    SecurityError,
    /// <summary>Somebody else holds it.</summary>
    ResourceBusy,
    /// <summary>Something needed is not there: a tool, disk space, a service.</summary>
    ResourceUnavailable,
    /// <summary>It is there already.</summary>
    ResourceExists,
    /// <summary>It took longer than allowed.</summary>
    OperationTimeout,
    /// <summary>The operator stopped it.</summary>
    OperationStopped,
    /// <summary>Reading failed.</summary>
    ReadError,
    /// <summary>Writing failed.</summary>
    WriteError,
    /// <summary>What was done did not hold.</summary>
    InvalidResult,
    /// <summary>Not for this kind of object.</summary>
    NotImplemented,
}
