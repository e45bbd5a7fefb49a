using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Writes the report of an incident: a page with a picture of the timeline, Markdown for an issue, or JSON.</summary>
/// <remarks>
/// <para>The page is one file without scripts, and loads nothing from anywhere. It is light or dark as the reader's system is, and fit to be printed. The
/// Markdown is rendered by GitHub and GitLab. The JSON has the properties of the incident, under their names.</para>
/// <para>The report is written beside the file and put in its place in one step. A new file can be read by its owner alone. An incident of a rollback
/// that is under way is written as far as it has come.</para>
/// <para>What an application, an image or a log says is shown as text, never as markup. Look through a report before you publish it: it names hosts, images and
/// tables.</para>
/// </remarks>
/// <example>
/// <para>A page for the meeting</para>
/// <code>Get-ShoreGuardIncident | Select-Object -First 1 | Export-ShoreGuardIncident -Path ./incident.html</code>
/// <para>Returns the file.</para>
/// </example>
/// <example>
/// <para>All of them, for the archive</para>
/// <code>
/// $null = New-Item ./incidents -ItemType Directory -Force
/// Get-ShoreGuardIncident | Export-ShoreGuardIncident -Path ./incidents -Format Json -Force
/// </code>
/// <para>In a folder, each gets a file under its own name.</para>
/// </example>
/// <example>
/// <para>Text for an issue</para>
/// <code>Get-ShoreGuardIncident | Select-Object -First 1 | Export-ShoreGuardIncident -Path ./incident.md -Force; Get-Content ./incident.md -Raw</code>
/// <para>The follow-up is a list to tick off.</para>
/// </example>
[Cmdlet(VerbsData.Export, "ShoreGuardIncident", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(FileInfo))]
public sealed class ExportShoreGuardIncidentCommand : JournalCommand
{
    /// <summary>The id of the incident, or its first four digits or more. Takes incidents, rollbacks and their results.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [RollbackIdForm]
    [ArgumentCompleter(typeof(IncidentIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>The file to write. Into a folder that is there, the report is written under the incident's own name; several incidents need one.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>What it is written as. Default: as the file's name says (.md, .html, .json), in a folder a page.</summary>
    [Parameter]
    public IncidentFormat? Format { get; set; }

    /// <summary>Replace a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var id = Id;
        try
        {
            var path = ResolvePath(Path);
            Run(() => ExportAsync(id, path));
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
        }
    }

    private async Task ExportAsync(string id, string path)
    {
        var incident = new IncidentCatalog(State).Find(id);
        var format = IncidentExport.FormatOf(Format, path);
        var file = IncidentExport.FileFor(incident, format, path);
        IncidentExport.RequireOwn(file, _written);
        IncidentExport.RequireFree(file, Force);
        var what = $"Write the report of incident {incident} to {file}";
        if (!await Output.ShouldProcessAsync(file, $"{what}.", $"{what}?", "Write a report").ConfigureAwait(false))
            return;
        IncidentExport.Save(incident, format, file, Force);
        _written.Add(file);
        Output.Object(new FileInfo(file));
    }
}
