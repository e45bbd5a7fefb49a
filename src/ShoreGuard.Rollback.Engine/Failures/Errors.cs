using ShoreGuard.Rollback.Engine.Databases;
using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Every error the module can raise: id, kind, object, message and recommended action stand together, and nowhere else.</summary>
internal static partial class Errors
{
    private const string Stopped = "it was stopped, by Ctrl-C or because its process was told to end";

    private static ShoreGuardException Make(string id, FailureKind kind, object? target, string message, string recommendation, Exception? inner = null) =>
        new(id, kind, target, message, recommendation, inner);

    /// <summary>One that is found before anything is changed. A cmdlet that changes things says so.</summary>
    private static ShoreGuardException Untouched(string id, FailureKind kind, object? target, string message, string recommendation, Exception? inner = null) =>
        new(id, kind, target, message, recommendation, inner) { NothingChanged = true };

    /// <summary>The innermost sentence of an exception that is ours, else the innermost of all: the one that says what really happened, in words for
    /// people.</summary>
    internal static string Reason(Exception error)
    {
        ShoreGuardException? ours = null;
        for (var each = error; each is not null; each = each.InnerException)
            (ours, error) = (each as ShoreGuardException ?? ours, each);
        return ours is null && error is OperationCanceledException ? Stopped : (ours ?? error).Message.TrimEnd('.');
    }

    /// <summary>What a failure says of an object that was only looked at, as a sentence without its full stop.</summary>
    internal static string Finding(Exception error) => error is ShoreGuardException ? error.Message.TrimEnd('.') : Reason(error);

    /// <summary>The same failure with the result as far as it got.</summary>
    public static ShoreGuardException WithResult(ShoreGuardException error, object result) =>
        new(error.Id, error.Kind, error.Target, error.Message, error.Recommendation, error.InnerException) { Result = result };

    /// <summary>The same failure with what it has left of a database, and how that is removed.</summary>
    public static ShoreGuardException WithLeft(ShoreGuardException error, string left) =>
        new(error.Id, error.Kind, error.Target, $"{error.Message} A whole copy of what the downgrade has left could not be removed: {left}.",
            error.Recommendation, error.InnerException);

    /// <summary>What a failed action ends with that was put back: its own error, or that it was stopped, and what was found then; null for a failure
    /// that is nobody's.</summary>
    /// <param name="error">Why it failed.</param>
    /// <param name="target">The object.</param>
    /// <param name="action">What was done, for people.</param>
    /// <param name="found">What a look has shown after it was put back, as a sentence without its full stop.</param>
    /// <param name="application">What became of the application, as the end of a sentence.</param>
    public static ShoreGuardException? PutBack(Exception error, object target, string action, string found, string application) => error switch
    {
        ShoreGuardException known => new(known.Id, known.Kind, known.Target, $"{known.Message} {found}.", known.Recommendation, known.InnerException),
        OperationCanceledException => ActionStopped(target, action, $"{char.ToLowerInvariant(found[0])}{found[1..]}{application}"),
        _ => null,
    };

    /// <summary>An action that was stopped, and undone.</summary>
    public static ShoreGuardException ActionStopped(object target, string action, string now) => Make(
        nameof(ActionStopped), OperationStopped, target,
        $"{action} was stopped, and what was begun is put back: {now}.", "Run the same command again when you want it.");

    /// <summary>What a failed action ends with that was undone: its own error, or that it was stopped; null for a failure that is nobody's.</summary>
    public static ShoreGuardException? Undone(Exception error, object target, string action, string now) =>
        error as ShoreGuardException ?? (error is OperationCanceledException ? ActionStopped(target, action, now) : null);

    public static ShoreGuardException UndoFailed(object target, string action, Exception first, IReadOnlyList<(string Step, Exception Error)> failures) => Make(
        nameof(UndoFailed), InvalidResult, target,
        $"{action} failed: {Reason(first)}. Restoring the previous state failed too: {Steps(failures)}.",
        "Nothing has been deleted. Get-ShoreGuardDeployment and docker ps --all show what is there now. Fix what the second failure names, then rename and "
            + "start the old container by hand.",
        first);

    private static string Steps(IReadOnlyList<(string Step, Exception Error)> failures) =>
        string.Join("; ", failures.Select(failure => $"'{failure.Step}': {Reason(failure.Error)}"));
}
