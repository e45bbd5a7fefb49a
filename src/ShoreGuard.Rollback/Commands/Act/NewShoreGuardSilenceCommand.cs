using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Silences alerts in Alertmanager for a limited time, so that a rollback wakes nobody.</summary>
/// <remarks>
/// <para>Makes a silence for each selector, from now on, for half an hour unless -Duration says otherwise: one that outlives its rollback hides the next
/// incident. Remove-ShoreGuardSilence ends it sooner. The alerts themselves go on: Get-ShoreGuardAlert shows them as before, with Suppression Silenced.</para>
/// <para>Takes the address and the labels of an alert from Get-ShoreGuardAlert -AlertmanagerUri, and silences that one alert.</para>
/// </remarks>
/// <example>
/// <para>For the length of a rollback</para>
/// <code>$silence = Get-ShoreGuardDeployment -Project prod | New-ShoreGuardSilence https://monitoring.example/alertmanager -Duration 00:15:00
/// $silence | Remove-ShoreGuardSilence</code>
/// <para>Silences ShoreGuard's alerts for 15 minutes, and ends that when the rollback is done.</para>
/// </example>
/// <example>
/// <para>One alert that is known</para>
/// <code>Get-ShoreGuardAlert https://monitoring.example/prometheus -AlertmanagerUri https://monitoring.example/alertmanager -Selector 'alertname="HighErrorRate"' | New-ShoreGuardSilence -Comment "fires at every 503 of /readyz"</code>
/// <para>By all its labels, so that no other is silenced.</para>
/// </example>
/// <example>
/// <para>What would be silenced</para>
/// <code>New-ShoreGuardSilence https://monitoring.example/alertmanager -Selector 'job="shoreguard"' -WhatIf</code>
/// <para>Changes nothing.</para>
/// </example>
[Cmdlet(VerbsCommon.New, "ShoreGuardSilence", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Silence))]
public sealed class NewShoreGuardSilenceCommand : MonitoringCommand
{
    /// <summary>Where Alertmanager answers: https://host:port, with the path before /api if there is one. Takes AlertmanagerUri from the objects of
    /// Get-ShoreGuardAlert.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    public Uri AlertmanagerUri { get; set; } = null!;

    /// <summary>Which alerts, by their labels: matchers in PromQL's form, such as 'job="shoreguard",severity=~"page|warning"', all of which have to
    /// hold. There is a silence for each. By default one for the scrape job shoreguard, and one for the alerts that ShoreGuard's documentation names:
    /// ShoreGuardDown, GatewayUnhealthy, HighErrorRate and WebhookDeliveryFailures.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Selector { get; set; } = [];

    /// <summary>For how long, a week at most.</summary>
    [Parameter]
    [PositiveTimeSpan(MaxDays = 7)]
    public TimeSpan Duration { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Why, for those who wonder that they are not told. By default that a rollback is under way, and of what.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Comment { get; set; }

    /// <summary>The deployment that the comment names, as Get-ShoreGuardDeployment gives it, or as the results of other cmdlets hold it.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    // An alert that came back stands in a list for each of its times.
    private readonly HashSet<(Uri Uri, string Selector)> _made = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (uri, texts) = (AlertmanagerUri, Selector);
        var comment = Comment ?? (Deployment is { } deployment ? $"Rollback of {deployment.Name}" : "Rollback of ShoreGuard");
        Run(async () =>
        {
            var alertmanager = Prepare(MonitorEndpoint.Alertmanager(uri));
            foreach (var selector in AlertSelector.Of(texts).Where(selector => _made.Add((alertmanager.Uri, selector.ToString()))))
                await MakeAsync(new() { Alertmanager = alertmanager, Selector = selector, Duration = Duration, Comment = comment }).ConfigureAwait(false);
        });
    }

    private async Task MakeAsync(SilenceRequest request)
    {
        var what = $"alerts with {request.Selector} for {Readable.Duration(request.Duration)} in {request.Alertmanager}";
        if (await Output.ShouldProcessAsync(request.Alertmanager.Uri, $"Silence {what}.", $"Silence {what}?", "Silence alerts").ConfigureAwait(false))
            Output.Object(await AlertSilence.MakeAsync(request, new PipelineReporter(Output), Cancellation).ConfigureAwait(false));
    }
}
