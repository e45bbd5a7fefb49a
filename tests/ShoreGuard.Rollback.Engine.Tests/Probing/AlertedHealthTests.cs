using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

/// <summary>What alerts add to what the probes say.</summary>
public sealed class AlertedHealthTests
{
    private static readonly DateTimeOffset Deployed = new(2026, 11, 22, 2, 31, 0, TimeSpan.Zero);

    [Fact]
    public async Task One_that_began_after_the_deploy_makes_the_image_suspected_although_it_is_ready()
    {
        var report = await AskAsync(Alert("HighErrorRate"), Alert("Old") with { Relation = AlertRelation.BeforeDeploy });
        Assert.Equal((HealthStatus.Degraded, Diagnosis.ImageSuspected), (report.Status, report.Diagnosis));
        Assert.EndsWith(
            "Firing since after the deploy: HighErrorRate since 2026-11-22 02:38:00 UTC, 7 min after it.", report.Explanation, StringComparison.Ordinal);
        Assert.Contains("Invoke-ShoreGuardImageRollback", report.Recommendation, StringComparison.Ordinal);
    }

    public static TheoryData<Alert> Others =>
    [
        Alert("Old") with { Relation = AlertRelation.BeforeDeploy },
        Alert("Recurring") with { Relation = AlertRelation.Recurring },
        Alert("Unknown") with { Relation = AlertRelation.Unknown },
        Alert("Pending") with { State = AlertState.Pending },
        Alert("Over") with { State = AlertState.Ended },
        Alert("Elsewhere") with { DeploymentName = "staging" },
    ];

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Any_other_changes_nothing(Alert alert)
    {
        var report = await AskAsync(alert);
        Assert.Equal((HealthStatus.Healthy, Diagnosis.Healthy), (report.Status, report.Diagnosis));
        Assert.DoesNotContain(alert.Name, report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_probes_find_stays_and_the_alert_stands_beside_it()
    {
        await using var server = LocalServer.Healthy(
            "/readyz?verbose=1", LocalServer.Json(503, """{"status":"not ready","checks":{"database":"connection refused"}}"""));
        var plain = await AskAsync(server);
        var report = await AskAsync(server, Alert("ShoreGuardDown"));
        Assert.Equal((plain.Status, plain.Diagnosis, plain.Recommendation), (report.Status, report.Diagnosis, report.Recommendation));
        Assert.StartsWith(plain.Explanation, report.Explanation, StringComparison.Ordinal);
        Assert.Contains("ShoreGuardDown", report.Explanation, StringComparison.Ordinal);
    }

    private static Alert Alert(string name) => new()
    {
        Name = name,
        State = AlertState.Firing,
        StartedAt = Deployed.AddMinutes(7),
        Duration = TimeSpan.FromMinutes(3),
        Relation = AlertRelation.AfterDeploy,
        Explanation = "x",
        Selector = "x",
        DeployedAt = Deployed,
        DeploymentName = "prod",
        PrometheusUri = new("https://monitoring.example/"),
    };

    private static async Task<HealthReport> AskAsync(params Alert[] alerts)
    {
        await using var server = LocalServer.Healthy();
        return await AskAsync(server, alerts);
    }

    private static Task<HealthReport> AskAsync(LocalServer server, params Alert[] alerts) =>
        HealthProbe.ProbeAsync(new() { Uri = server.Uri, Name = "prod", Alerts = alerts }, TestContext.Current.CancellationToken);
}
