using System.Globalization;
using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Alerts;

/// <summary>Alerts of a real Prometheus and silences of a real Alertmanager, around a bad deploy.</summary>
public sealed class AlertTests : IDisposable
{
    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void What_a_bad_deploy_has_caused_is_told_from_what_was_there_before_silenced_and_ended()
    {
        // Nobody is there: down before the deploy and after it.
        var gone = $"127.0.0.1:{StandInProject.FreePort()}";
        using var project = StandInProject.Start("0.27.0", prepare: each => each.Configure("SHOREGUARD_METRICS_PUBLIC: \"true\""));
        var serving = $"127.0.0.1:{project.Port}";
        using var monitoring = new Monitoring([gone, serving]);
        monitoring.WaitUntil("down where nobody is", () => monitoring.Fires("ShoreGuardDown", gone));
        var began = DateTimeOffset.UtcNow;

        // It crashes at its start, again and again: each start is later than the alert.
        project.Deploy("0.31.0");
        monitoring.WaitUntil("down after the deploy", () => monitoring.Tells("ShoreGuardDown", serving) && monitoring.Tells("ShoreGuardDown", gone));
        var alerts = Find(project, monitoring);
        Assert.Equal([(serving, "AfterDeploy", "Firing", "None"), (gone, "BeforeDeploy", "Firing", "None")], alerts.Select(Facts));
        Assert.InRange(Time(alerts[0], "StartedAt"), began.AddSeconds(-1), DateTimeOffset.UtcNow);
        Assert.Contains("after the deploy", alerts[0].Text("Explanation"), StringComparison.Ordinal);
        Assert.Contains("so it is no symptom of it", alerts[1].Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal(project.Container, alerts[0].Text("DeploymentName"));

        SilenceAndTellAgain(project, monitoring, serving, gone);

        project.Deploy("0.27.0");
        monitoring.WaitUntil("up again", () => !monitoring.Fires("ShoreGuardDown", serving));
        var over = _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Get-ShoreGuardAlert $args[1] -Since $args[2]", project.Container,
            monitoring.PrometheusUri, began.ToString("o", CultureInfo.InvariantCulture)).ThrowIfFailed().Output
            .Single(alert => Facts(alert).Target == serving);
        Assert.Equal((serving, "BeforeDeploy", "Ended", "Unknown"), Facts(over));
        Assert.InRange(Time(over, "EndedAt"), Time(over, "FiredAt"), DateTimeOffset.UtcNow.AddSeconds(5));

        // What fires since before this container was made does not speak against it.
        var held = _host.Run(
            "Get-ShoreGuardDeployment -Name $args[0] | Watch-ShoreGuardDeployment -PrometheusUri $args[1] -ObservationWindow 00:00:02 -IntervalSec 0.5 -NoMark "
            + "-ResultOnly", project.Container, monitoring.PrometheusUri).ThrowIfFailed().Single();
        Assert.True(held.Text("Outcome") == "Held", held.Text("Explanation"));
    }

    private void SilenceAndTellAgain(StandInProject project, Monitoring monitoring, string serving, string gone)
    {
        Assert.Empty(_host.Run("New-ShoreGuardSilence $args[0] -WhatIf", monitoring.AlertmanagerUri).ThrowIfFailed().Output);
        var silence = _host.Run(
            "$silence = Get-ShoreGuardDeployment -Name $args[0] | Get-ShoreGuardAlert $args[1] -AlertmanagerUri $args[2] | Where-Object Relation -eq "
            + "BeforeDeploy | New-ShoreGuardSilence; $silence", project.Container, monitoring.PrometheusUri, monitoring.AlertmanagerUri)
            .ThrowIfFailed().Single();
        Assert.Equal([$"alertname=\"ShoreGuardDown\"", $"instance=\"{gone}\"", "job=\"shoreguard\""], silence.Texts("Matchers"));
        monitoring.WaitUntil("silenced", () =>
            Find(project, monitoring).Select(Facts).SequenceEqual([(serving, "AfterDeploy", "Firing", "None"), (gone, "BeforeDeploy", "Firing", "Silenced")]));

        var removed = _host.Run("$silence | Remove-ShoreGuardSilence").ThrowIfFailed();
        Assert.Empty(removed.Warnings);
        Assert.Equal((silence.Text("Id"), "Expired"), (removed.Single().Text("Id"), removed.Single().Text("State")));
        monitoring.WaitUntil("told again", () =>
            Find(project, monitoring).Select(Facts).SequenceEqual([(serving, "AfterDeploy", "Firing", "None"), (gone, "BeforeDeploy", "Firing", "None")]));
        Assert.Contains(
            "has expired already", Assert.Single(_host.Run("$null = $silence | Remove-ShoreGuardSilence").ThrowIfFailed().Warnings), StringComparison.Ordinal);
    }

    // A build that is ready, and answers every call with an error.
    [Fact]
    public void An_application_that_begins_to_fail_and_whoever_may_not_ask()
    {
        using var project = StandInProject.Start("0.29.0", waitUntilReady: false, prepare: each => each.Configure("SHOREGUARD_METRICS_PUBLIC: \"true\""));
        using var monitoring = new Monitoring([$"127.0.0.1:{project.Port}"], isLocked: true);
        monitoring.WaitUntil("failing", () =>
        {
            _ = project.TryAddGateway("one");
            return monitoring.Fires("HighErrorRate", $"127.0.0.1:{project.Port}");
        });
        const string Find = "Get-ShoreGuardDeployment -Name $args[0] | Get-ShoreGuardAlert $args[1]";
        const string Login = " -Credential ([pscredential]::new($args[2], (ConvertTo-SecureString $args[3] -AsPlainText -Force)))";
        var alert = _host.Run(Find + Login
            + " | Where-Object Name -eq HighErrorRate", project.Container, monitoring.PrometheusUri, Monitoring.User, Monitoring.Password)
            .ThrowIfFailed().Single();
        Assert.Equal(("AfterDeploy", "Firing"), (alert.Text("Relation"), alert.Text("State")));
        Assert.Contains("at any answer with a status of 500 to 599", alert.Text("Explanation"), StringComparison.Ordinal);

        // The reason that the probes do not see.
        var reasons = _host.Run(
            $"$alerts = {Find}{Login}; Get-ShoreGuardDeployment -Name $args[0] | Test-ShoreGuardHealth -Alert $alerts | ForEach-Object Explanation; "
            + "(Get-ShoreGuardDeployment -Name $args[0] | Get-ShoreGuardRollbackPlan -Version 0.27.0 -Alert $alerts).Health.Explanation",
            project.Container, monitoring.PrometheusUri, Monitoring.User, Monitoring.Password).ThrowIfFailed().Texts;
        Assert.Equal(2, reasons.Count);
        Assert.All(reasons, reason => Assert.Contains("Firing since after the deploy: HighErrorRate since ", reason, StringComparison.Ordinal));

        _host.Run(Find, project.Container, monitoring.PrometheusUri).Error("PrometheusDenied", ErrorCategory.AuthenticationError);
        _host.Run(Find + Login, project.Container, monitoring.PrometheusUri, Monitoring.User, "wrong")
            .Error("PrometheusDenied", ErrorCategory.AuthenticationError);
        _host.Run(Find, project.Container, new Uri(monitoring.PrometheusUri, "/")).Error("PrometheusDenied", ErrorCategory.AuthenticationError);
        _host.Run(Find, project.Container, monitoring.AlertmanagerUri).Error("PrometheusForeign", ErrorCategory.InvalidData);
        _host.Run(Find, project.Container, project.Uri).Error("PrometheusForeign", ErrorCategory.InvalidData);
        _host.Run(Find, project.Container, $"http://127.0.0.1:{StandInProject.FreePort()}").Error("PrometheusUnreachable", ErrorCategory.ResourceUnavailable);
        _host.Run("New-ShoreGuardSilence $args[0]", project.Uri).Error("AlertmanagerForeign", ErrorCategory.InvalidData);
    }

    private IReadOnlyList<PSObject> Find(StandInProject project, Monitoring monitoring) =>
        [.. _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Get-ShoreGuardAlert $args[1] -AlertmanagerUri $args[2] | Where-Object State -ne Ended",
            project.Container, monitoring.PrometheusUri, monitoring.AlertmanagerUri).ThrowIfFailed().Output];

    private static (string? Target, string? Relation, string? State, string? Suppression) Facts(PSObject alert) =>
        (alert.Texts("Labels").Single(label => label.StartsWith("instance=", StringComparison.Ordinal))[10..^1], alert.Text("Relation"), alert.Text("State"),
            alert.Text("Suppression"));

    private static DateTimeOffset Time(PSObject alert, string name) => DateTimeOffset.Parse(alert.Text(name)!, CultureInfo.InvariantCulture);
}
