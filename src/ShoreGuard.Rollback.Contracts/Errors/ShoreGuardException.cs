namespace ShoreGuard.Rollback;

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
