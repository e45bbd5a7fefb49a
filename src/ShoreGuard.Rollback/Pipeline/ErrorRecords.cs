using System.Management.Automation;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Makes PowerShell's error records of the engine's failures.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord From(Exception error, object command) => error switch
    {
        AggregateException { InnerException: { } inner } => From(inner, command),
        ShoreGuardException known => Record(known, known.Id, Category(known.Kind), known.Target, known.Message, known.Recommendation),
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

    public static ShoreGuardException PartOfPlan(string parameter, string set) => new(
        "ParametersConflict", FailureKind.InvalidArgument, parameter,
        $"-{parameter} belongs to the plan, and -{set} runs one that is made.", $"Leave -{parameter} out, or make another plan with it: Get-ShoreGuardRollbackPlan.");

    // The names are the same on both sides; a test holds them together.
    private static ErrorCategory Category(FailureKind kind) => Enum.Parse<ErrorCategory>(kind.ToString());

    private static ErrorRecord Record(Exception error, string id, ErrorCategory category, object? target, string message, string recommendation) =>
        new(error, id, category, target) { ErrorDetails = new ErrorDetails(message) { RecommendedAction = recommendation } };
}
