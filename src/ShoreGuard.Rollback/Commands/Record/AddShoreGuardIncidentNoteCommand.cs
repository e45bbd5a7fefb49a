using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Adds a note to an incident.</summary>
/// <remarks>
/// <para>For what no cmdlet can know: who was told, what the cause was, where the fix is. The note gets the time and your user name, and appears in the
/// reports of Export-ShoreGuardIncident. Notes are never changed or removed. What looks like a password or a token in it is taken out.</para>
/// <para>Writes to the journal, in the state folder of the user or in -StatePath.</para>
/// </remarks>
/// <example>
/// <para>The cause is known</para>
/// <code>Get-ShoreGuardIncident | Select-Object -First 1 | Add-ShoreGuardIncidentNote 'A missing index slowed the clean-up down.'</code>
/// <para>Returns the incident with the note.</para>
/// </example>
[Cmdlet(VerbsCommon.Add, "ShoreGuardIncidentNote", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Incident))]
public sealed class AddShoreGuardIncidentNoteCommand : JournalCommand
{
    /// <summary>The id of the incident, or its first four digits or more. Takes incidents, rollbacks and their results.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [RollbackIdForm]
    [ArgumentCompleter(typeof(IncidentIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>The note, of 20,000 characters at most.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Note { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var id = Id;
        Run(async () =>
        {
            var incidents = new IncidentCatalog(State);
            var incident = incidents.Find(id);
            IncidentCatalog.RequireNote(incident.Id, Note);
            var what = $"Add a note to incident {incident}";
            if (await Output.ShouldProcessAsync(incident, $"{what}.", $"{what}?", "Add a note").ConfigureAwait(false))
                Output.Object(incidents.AddNote(incident.Id, Note));
        });
    }
}
