using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Gets the incidents behind rollbacks: what was wrong, what was decided and why, when what was, what it cost, and what is left to do.</summary>
/// <remarks>
/// <para>Every Invoke-ShoreGuardRollback and Invoke-ShoreGuardImageRollback makes an incident, whose id is the rollback's. What was wrong is written down
/// before anything is changed: the health report, the last lines of the container's log, and since when, as the engine's health check and /readyz tell.
/// An undo makes none: it belongs to the incident of the rollback that it undoes.</para>
/// <para>Reads the journal, in the state folder of the user or in -StatePath. Of a rollback that another state folder began, or that a version before
/// this cmdlet made, only its record is known. Changes nothing. Times are in UTC.</para>
/// </remarks>
/// <example>
/// <para>What happened here?</para>
/// <code>Get-ShoreGuardIncident</code>
/// <para>The latest first.</para>
/// </example>
/// <example>
/// <para>How long was it not well, and how long was nobody served?</para>
/// <code>Get-ShoreGuardIncident | ForEach-Object Times | Select-Object SymptomSince, HeldSince, Downtime, Outage</code>
/// <para>As far as it was measured; what is not known is empty.</para>
/// </example>
/// <example>
/// <para>Everything about the last one</para>
/// <code>Get-ShoreGuardIncident | Select-Object -First 1 | Export-ShoreGuardIncident -Path ./incident.html</code>
/// <para>A page with a picture of the timeline.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardIncident", DefaultParameterSetName = "Id")]
[OutputType(typeof(Incident))]
public sealed class GetShoreGuardIncidentCommand : JournalCommand
{
    /// <summary>Only the incident with this id, or with an id that begins with these four digits or more. One that is not in the journal is an error.
    /// Takes rollbacks and their results.</summary>
    [Parameter(ParameterSetName = "Id", Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [RollbackIdForm]
    [ArgumentCompleter(typeof(IncidentIdCompleter))]
    public string? Id { get; set; }

    /// <summary>Only incidents of deployments with this name. Wildcards are allowed.</summary>
    [Parameter(ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RollbackNameCompleter))]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var pattern = Name is null ? null : WildcardPattern.Get(Name, WildcardOptions.IgnoreCase);
        var id = Id;
        Run(() =>
        {
            var incidents = new IncidentCatalog(State);
            foreach (var incident in id is not null ? [incidents.Find(id)] : incidents.All().Where(incident => pattern?.IsMatch(incident.Name) != false))
                Output.Object(incident);
            return Task.CompletedTask;
        });
    }
}
