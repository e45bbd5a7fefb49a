using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Every error the module can raise: id, kind, object, message and recommended action stand together, and nowhere else.</summary>
internal static partial class Errors
{
    private static ShoreGuardException Make(string id, FailureKind kind, object? target, string message, string recommendation, Exception? inner = null) =>
        new(id, kind, target, message, recommendation, inner);

    /// <summary>The innermost sentence of an exception that is ours, else the innermost of all: the one that says what really happened, in words for people.</summary>
    internal static string Reason(Exception error)
    {
        ShoreGuardException? ours = null;
        for (var each = error; each is not null; each = each.InnerException)
            (ours, error) = (each as ShoreGuardException ?? ours, each);
        return ours is null ? error.Message.TrimEnd('.') : Finding(ours);
    }

    /// <summary>What a failure says of an object that was only looked at: a report goes without the assurance that nothing was changed.</summary>
    internal static string Finding(Exception error) =>
        error is ShoreGuardException ? error.Message.Replace(" Nothing was changed.", "", StringComparison.Ordinal).TrimEnd('.') : Reason(error);

    /// <summary>The same failure with the result as far as it got.</summary>
    public static ShoreGuardException WithResult(ShoreGuardException error, object result) =>
        new(error.Id, error.Kind, error.Target, error.Message, error.Recommendation, error.InnerException) { Result = result };

    public static ShoreGuardException UndoFailed(object target, string action, Exception first, IReadOnlyList<(string Step, Exception Error)> failures) => Make(
        "UndoFailed", InvalidResult, target,
        $"{action} failed: {Reason(first)}. Putting the state before back failed too, at {string.Join("; ", failures.Select(failure => $"'{failure.Step}': {Reason(failure.Error)}"))}.",
        "Look at what is there now with Get-ShoreGuardDeployment and docker ps --all; nothing has been deleted. Put right what the second failure names, then rename and start the old container by hand.",
        first);
}
