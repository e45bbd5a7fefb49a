namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>What somebody is told who comes second.</summary>
internal static class LockRefusal
{
    /// <summary>That somebody else is at it.</summary>
    /// <param name="name">The deployment.</param>
    /// <param name="holder">Who; null where nobody can tell.</param>
    public static ShoreGuardException InProgress(string name, LockHolder? holder) => Errors.RollbackInProgress(
        name, holder?.ToString(), holder is { Process.IsOfHere: false } ? (holder.Machine, EngineLock.NameOf(name)) : null);

    /// <summary>That somebody has left it unfinished, whose record is not to be had here.</summary>
    /// <param name="name">The deployment.</param>
    /// <param name="holder">Who.</param>
    public static ShoreGuardException Elsewhere(string name, LockHolder holder) => Errors.OperationElsewhere(
        name, $"{holder}", $"As {holder.User} on {holder.Machine}, or with -StatePath '{holder.State}'", holder.Rollback, EngineLock.NameOf(name));
}
