using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException IncidentNotFound(string id, int found) => Untouched(
        nameof(IncidentNotFound), ObjectNotFound, id,
        found == 0 ? $"There is no incident {id} in the journal." : $"{found} incidents begin with {id}.",
        found == 0
            ? "Get-ShoreGuardIncident shows all of them. One that was begun from another state folder is there: -StatePath."
            : "Give more of its digits, as Get-ShoreGuardIncident shows them.");

    public static ShoreGuardException IncidentNoteInvalid(string id, int length, int longest) => Untouched(
        nameof(IncidentNoteInvalid), InvalidArgument, id,
        length > longest ? $"The note has {length:#,0} characters; {longest:#,0} are kept at most." : "The note is empty.",
        length > longest ? "Put it into a document of its own, and note where that is." : "Say in a sentence what happened.");

    public static ShoreGuardException ReportExists(string path) => Untouched(
        nameof(ReportExists), ResourceExists, path,
        $"There is something at {path} already.", "Give another -Path, or -Force to replace the file.");

    public static ShoreGuardException ReportsCollide(string path) => Make(
        nameof(ReportsCollide), InvalidArgument, path,
        $"{path} was written for the incident before: only the last of them would be left.",
        "Give a folder as -Path: there, each gets a file under its own name.");

    public static ShoreGuardException ReportIsFolder(string path) => Untouched(
        nameof(ReportIsFolder), InvalidArgument, path,
        $"{path} is a folder, and what is to be written there is a file.",
        "Give another -Path. Into a folder, an incident is written under its own name: -Path FOLDER.");

    public static ShoreGuardException ReportNotWritable(string path, Exception inner) => Untouched(
        nameof(ReportNotWritable), WriteError, path,
        $"The report cannot be written to {path}: {Reason(inner)}.", "Give a -Path in a folder that is there, and in which you may write.", inner);

    public static ShoreGuardException ReportFormatUnknown(string path) => Untouched(
        nameof(ReportFormatUnknown), InvalidArgument, path,
        $"What format {path} is to have cannot be told from its name.", "Give -Format Markdown, Html or Json, or a name that ends in .md, .html or .json.");
}
