using System.Text;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>Writes the report of an incident to a file.</summary>
public static class IncidentExport
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The report as a text.</summary>
    public static string Write(Incident incident, IncidentFormat format) => format switch
    {
        IncidentFormat.Markdown => MarkdownReport.Write(new(incident)),
        IncidentFormat.Html => HtmlReport.Write(incident),
        _ => IncidentReport.Json(incident),
    };

    /// <summary>The format, as asked for or as the name says.</summary>
    /// <exception cref="ShoreGuardException"><c>ReportFormatUnknown</c>.</exception>
    public static IncidentFormat FormatOf(IncidentFormat? given, string path) => given ?? Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".md" or ".markdown" => IncidentFormat.Markdown,
        ".html" or ".htm" => IncidentFormat.Html,
        ".json" => IncidentFormat.Json,
        // What a person reads.
        _ when Directory.Exists(path) => IncidentFormat.Html,
        _ => throw Errors.ReportFormatUnknown(path),
    };

    /// <summary>Where a report goes: into a folder under its own name, else to the file that is named.</summary>
    public static string FileFor(Incident incident, IncidentFormat format, string path) =>
        Directory.Exists(path) ? Path.Combine(path, $"incident-{incident.Id}.{Extension(format)}") : path;

    /// <summary>Writes it beside the file, and puts it in its place in one step. A new file can be read by its owner alone.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="format">What it is written as.</param>
    /// <param name="file">The file, absolute.</param>
    /// <param name="replaces">Whether a file that is there may be replaced.</param>
    /// <exception cref="ShoreGuardException"><c>ReportExists</c>, <c>ReportIsFolder</c>, <c>ReportNotWritable</c>: nothing is written then.</exception>
    public static void Save(Incident incident, IncidentFormat format, string file, bool replaces)
    {
        RequireFree(file, replaces);
        try
        {
            using var report = AtomicFile.Prepare(file, Utf8.GetBytes(Write(incident, format)));
            RequireFree(file, replaces);
            report.Commit();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.ReportNotWritable(file, error);
        }
    }

    /// <summary>Refuses what is there already.</summary>
    /// <exception cref="ShoreGuardException"><c>ReportExists</c>, <c>ReportIsFolder</c>.</exception>
    public static void RequireFree(string file, bool replaces)
    {
        if (Directory.Exists(file))
            throw Errors.ReportIsFolder(file);
        if (File.Exists(file) && !replaces)
            throw Errors.ReportExists(file);
    }

    /// <summary>Refuses to write one incident over another of the same call.</summary>
    /// <param name="file">The file.</param>
    /// <param name="written">The files that this call has written.</param>
    /// <exception cref="ShoreGuardException"><c>ReportsCollide</c>.</exception>
    public static void RequireOwn(string file, IReadOnlySet<string> written)
    {
        if (written.Contains(file))
            throw Errors.ReportsCollide(file);
    }

    private static string Extension(IncidentFormat format) => format switch
    {
        IncidentFormat.Markdown => "md",
        IncidentFormat.Html => "html",
        _ => "json",
    };
}
