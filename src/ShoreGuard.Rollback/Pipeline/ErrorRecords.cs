using System.Management.Automation;
using System.Reflection;
using ShoreGuard.Rollback.Views;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Makes PowerShell's error records of the engine's failures.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord From(Exception error, object command) => error switch
    {
        AggregateException { InnerException: { } inner } => From(inner, command),
        ShoreGuardException known =>
            Record(known, known.Id, Category(known.Kind), known.Result ?? known.Target, Message(known, command), Recommendation(known)),
        UnauthorizedAccessException => Record(error, "PermissionDenied", ErrorCategory.PermissionDenied, command, error.Message,
            "Run as a user who may, or change the rights of what the message names."),
        IOException => Record(error, "InputOutputFailed", ErrorCategory.DeviceError, command, error.Message,
            "Check the disk and the path that the message names, then run the same command again."),
        _ => Record(error, "UnexpectedFailure", ErrorCategory.NotSpecified, command, $"Something unexpected happened: {error.Message}",
            "This is a defect of the module: please report it with the output of Get-Error."),
    };

    public static ShoreGuardException NotAFilePath(string path) => new(
        "PathNotFileSystem", FailureKind.InvalidArgument, path,
        $"'{path}' is not a path in the file system.", "Give a path on a disk, for example ./backups.");

    public static ShoreGuardException OneOf(string one, string other) => new(
        "ParametersConflict", FailureKind.InvalidArgument, other,
        $"-{one} and -{other} exclude each other.", $"Leave one of them out.");

    public static ShoreGuardException TargetUnclear(string deployment, IReadOnlyList<string> given, IReadOnlyList<string> choices) => given.Count == 0
        ? new("TargetMissing", FailureKind.InvalidArgument, deployment,
            $"No target was given for {deployment}.",
            $"Add {Choice("or", choices)}. Get-ShoreGuardRelease lists the releases. A plan takes no other parameters: "
                + "$plan | Invoke-ShoreGuardRollback") { NothingChanged = true }
        : new("ParametersConflict", FailureKind.InvalidArgument, deployment,
            $"{Choice("and", given)} exclude each other: a rollback has one target.",
            $"Use exactly one of {Choice("and", choices)}.") { NothingChanged = true };

    private static string Choice(string last, IReadOnlyList<string> parameters) =>
        $"{string.Join(", ", parameters.SkipLast(1).Select(parameter => $"-{parameter}"))} {last} -{parameters[^1]}";

    // Who has only looked needs no telling that nothing was changed.
    private static string Message(ShoreGuardException error, object command) =>
        error.NothingChanged && command.GetType().GetCustomAttribute<CmdletAttribute>() is { SupportsShouldProcess: true } ? $"{error.Message} Nothing was "
            + "changed." : error.Message;

    /// <summary>Nobody can be asked for the confirmation that the cmdlet needs.</summary>
    /// <param name="target">What it is about.</param>
    /// <param name="description">What would have been done, as a sentence.</param>
    /// <param name="isActing">Whether an earlier question was answered with yes, so that something may have been changed.</param>
    /// <param name="inner">What PowerShell said.</param>
    public static ShoreGuardException ConfirmationNeeded(object? target, string description, bool isActing, Exception inner) => new(
        "ConfirmationNeeded", FailureKind.InvalidOperation, target,
        $"This needs a confirmation, and PowerShell cannot ask for it here: {description}",
        "Add -Confirm:$false to do it unasked, or -WhatIf to see only what would be done.", inner) { NothingChanged = !isActing };

    // With -ErrorAction Stop the result that was written before the error is lost to whoever assigns it.
    private static string Recommendation(ShoreGuardException error) =>
        error.Result is null ? error.Recommendation : $"{error.Recommendation.TrimEnd('.')}. $Error[0].TargetObject is the whole result.";

    // The names are the same on both sides; a test holds them together.
    private static ErrorCategory Category(FailureKind kind) => Enum.Parse<ErrorCategory>(kind.ToString());

    private static ErrorRecord Record(Exception error, string id, ErrorCategory category, object? target, string message, string recommendation)
    {
        var record = new ErrorRecord(error, id, category, target)
        {
            ErrorDetails = new ErrorDetails(Legible.Of(message)) { RecommendedAction = Legible.Of(recommendation) },
        };
        // PowerShell shows it of its own accord, and cuts what is long.
        if (target is string name && !PlainText.IsFit(name))
            record.CategoryInfo.TargetName = Legible.Of(name);
        return record;
    }
}
