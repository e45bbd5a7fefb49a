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

/// <summary>A failure with everything an operator needs: a stable id, its kind, the object, and what to do.</summary>
public sealed class ShoreGuardException : Exception
{
    /// <summary>Makes one. Only <c>Errors</c> in the engine does, so that ids and texts stand in one place.</summary>
    public ShoreGuardException(string id, FailureKind kind, object? target, string message, string recommendation, Exception? inner = null)
        : base(message, inner)
    {
        Id = id;
        Kind = kind;
        Target = target;
        Recommendation = recommendation;
    }

    /// <summary>The stable id, for example <c>ImageNotFound</c>.</summary>
    public string Id { get; }
    /// <summary>What kind of failure it is.</summary>
    public FailureKind Kind { get; }
    /// <summary>The object it is about; never a secret.</summary>
    public object? Target { get; }
    /// <summary>What to do.</summary>
    public string Recommendation { get; }
    /// <summary>Whether nothing had been changed yet when it was found.</summary>
    public bool NothingChanged { get; init; }
    /// <summary>The result as far as it got, where an action failed and was undone.</summary>
    public object? Result { get; init; }
}
