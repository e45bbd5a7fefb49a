using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Ends a silence of Alertmanager, so that people are told again.</summary>
/// <remarks>
/// <para>Gives the silence as it is then. One that has expired already is no failure: a warning says since when.</para>
/// </remarks>
/// <example>
/// <para>After the rollback</para>
/// <code>$silence = New-ShoreGuardSilence https://monitoring.example/alertmanager
/// $silence | Remove-ShoreGuardSilence</code>
/// <para>Takes id and address from what New-ShoreGuardSilence gave.</para>
/// </example>
[Cmdlet(VerbsCommon.Remove, "ShoreGuardSilence", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Silence))]
public sealed class RemoveShoreGuardSilenceCommand : MonitoringCommand
{
    /// <summary>Where Alertmanager answers: https://host:port, with the path before /api if there is one. Takes AlertmanagerUri from the objects of
    /// New-ShoreGuardSilence.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    public Uri AlertmanagerUri { get; set; } = null!;

    /// <summary>The id of the silence. Takes Id from the objects of New-ShoreGuardSilence.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [SilenceIdForm]
    public string Id { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (uri, id) = (AlertmanagerUri, Id);
        Run(() => RemoveAsync(uri, id));
    }

    private async Task RemoveAsync(Uri uri, string id)
    {
        var alertmanager = Prepare(MonitorEndpoint.Alertmanager(uri));
        var reporter = new PipelineReporter(Output);
        var silence = await AlertSilence.GetAsync(alertmanager, id, reporter, Cancellation).ConfigureAwait(false);
        if (silence.State == SilenceState.Expired)
        {
            Output.Warning($"The silence {id} has expired already, at {Readable.Time(silence.EndsAt)}: nothing is left to do.");
            Output.Object(silence);
            return;
        }
        var what = $"the silence {id} of alerts with {string.Join(',', silence.Matchers)} in {alertmanager}";
        if (await Output.ShouldProcessAsync(id, $"End {what}.", $"End {what}?", "End a silence").ConfigureAwait(false))
            Output.Object(await AlertSilence.RemoveAsync(alertmanager, id, reporter, Cancellation).ConfigureAwait(false));
    }
}
