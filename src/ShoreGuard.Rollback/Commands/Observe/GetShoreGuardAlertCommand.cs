using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Gets the alerts of Prometheus that fire, are pending, or have fired since a deploy, and says of each whether it can be a symptom of that
/// deploy.</summary>
/// <remarks>
/// <para>An alert is a symptom of a deploy only if it was not there before. So each one is related to the deploy of the deployment from the
/// pipeline, which is when its container was made: BeforeDeploy (it began before, or fired when the deploy was made), Recurring (it began after, and had
/// fired in the hour before as well), AfterDeploy, or Unknown without a deployment. Those that may be symptoms come first.</para>
/// <para>When the condition of an alert began (StartedAt) is exact to the second, from ALERTS_FOR_STATE. When it was first seen to fire (FiredAt) and
/// to end (EndedAt) is at most one step late, and what fired for less than a step can be missed: at most 2,000 points are asked for from an hour
/// before -Since on, so that a step is 4 seconds for the last hour, 46 seconds for the last day and about 5 minutes for the last week.</para>
/// <para>The clock of Prometheus is compared with this machine's: all times are given by this machine's, and a difference of more than 5 seconds is a
/// warning. When a deploy was made is by the clock of its container engine.</para>
/// <para>A Prometheus that does not answer, is something else, hides behind a login page or answers with an error is an error of this cmdlet, and never
/// an empty list. Failures that pass by themselves are asked again, four times in all. With -AlertmanagerUri, Suppression says whether an alert is
/// silenced or inhibited.</para>
/// <para>Of the four rules of ShoreGuard's documentation, GatewayUnhealthy and WebhookDeliveryFailures never fire (they ask for labels that ShoreGuard does
/// not write), HighErrorRate fires at any answer with a status of 500 to 599, and ShoreGuardDown also where /metrics wants a key. Changes nothing.</para>
/// </remarks>
/// <example>
/// <para>Which alerts are symptoms of the deploy?</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardAlert https://monitoring.example/prometheus</code>
/// <para>All that have fired since the running container was made, and how each is related to that.</para>
/// </example>
/// <example>
/// <para>Is anybody told?</para>
/// <code>Get-ShoreGuardAlert https://monitoring.example/prometheus -AlertmanagerUri https://monitoring.example/alertmanager</code>
/// <para>Those of the last hour, and whether each is silenced.</para>
/// </example>
/// <example>
/// <para>A gate behind a deploy</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardAlert https://monitoring.example/prometheus -ErrorAction Stop | Where-Object Relation -EQ AfterDeploy</code>
/// <para>Gives the alerts that the deploy may have caused. -ErrorAction Stop ends a script where that cannot be told.</para>
/// </example>
/// <example>
/// <para>Other alerts, over a longer time</para>
/// <code>Get-ShoreGuardAlert https://monitoring.example/prometheus -Selector 'namespace="shoreguard",severity="page"' -Since (Get-Date).AddDays(-2)</code>
/// <para>Those of any rule whose labels are so.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardAlert")]
[OutputType(typeof(Alert))]
public sealed class GetShoreGuardAlertCommand : MonitoringCommand
{
    // Told from what was bound by being this one.
    private static readonly Deployment[] None = [];

    /// <summary>Where Prometheus answers, or what answers as one: https://host:port, with the path before /api if there is one.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public Uri PrometheusUri { get; set; } = null!;

    /// <summary>The deployments to whose deploy the alerts are related, as Get-ShoreGuardDeployment gives them, or as the results of other cmdlets hold
    /// them.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment[] Deployment { get; set; } = None;

    /// <summary>Leave out what had ended by then. By default the deploy of the deployment; without one, an hour ago.</summary>
    [Parameter]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Which alerts, by their labels: matchers in PromQL's form, such as 'job="shoreguard",severity=~"page|warning"', all of which have to
    /// hold. Several are alternatives. By default those of the scrape job shoreguard, and those that ShoreGuard's documentation names:
    /// ShoreGuardDown, GatewayUnhealthy, HighErrorRate and WebhookDeliveryFailures.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Selector { get; set; } = [];

    /// <summary>Where Alertmanager answers. It is asked whether each alert is silenced or inhibited, with the same credential.</summary>
    [Parameter]
    public Uri? AlertmanagerUri { get; set; }

    private AlertRequest? _request;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        try
        {
            _request = new()
            {
                Prometheus = Prepare(MonitorEndpoint.Prometheus(PrometheusUri)),
                Alertmanager = AlertmanagerUri is null ? null : Prepare(MonitorEndpoint.Alertmanager(AlertmanagerUri)),
                Selectors = AlertSelector.Of(Selector),
                Since = Since,
            };
        }
        catch (ShoreGuardException error)
        {
            ThrowTerminatingError(ErrorRecords.From(error, this));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var deployment in ReferenceEquals(Deployment, None) ? [null] : Deployment.Cast<Deployment?>())
            Start(() => FindAsync(_request! with { Deployment = deployment }));
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WaitForStarted();

    private async Task FindAsync(AlertRequest request)
    {
        var report = await AlertProbe.FindAsync(request, new PipelineReporter(Output, request.Deployment?.Name), Cancellation).ConfigureAwait(false);
        foreach (var warning in report.Warnings)
            Output.Warning(warning);
        if (report.Inconclusive is { } inconclusive)
            throw inconclusive;
        var count = $"{report.Alerts.Count} alert{(report.Alerts.Count == 1 ? "" : "s")}";
        Output.Verbose($"{report.PrometheusUri}: {count}, looked at every {Readable.Duration(report.Step)}.");
        foreach (var alert in report.Alerts)
            Output.Object(alert);
        if (report.AlertmanagerFailure is { } failure)
            Output.Error(failure);
    }
}
