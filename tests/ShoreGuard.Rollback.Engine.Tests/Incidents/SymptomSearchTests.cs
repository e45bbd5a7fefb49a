using ShoreGuard.Rollback.Engine.Deployments.Docker;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Operations;

namespace ShoreGuard.Rollback.Engine.Tests.Incidents;

/// <summary>Since when it was not well is told by what the engine and the application know, and is never before the deploy.</summary>
public sealed class SymptomSearchTests
{
    private static readonly DateTimeOffset Made = new(2026, 11, 22, 3, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Made.AddMinutes(10);

    [Fact]
    public void The_first_failure_in_a_row_that_the_engine_has_kept()
    {
        var found = SymptomSearch.Find(Container(failing: 2, Now.AddSeconds(-90), Now.AddSeconds(-60), Now.AddSeconds(-30)), health: null)!;
        Assert.Equal((Now.AddSeconds(-60), "the engine's health check, which has failed 2 times in a row"), (found.Since, found.KnownBy));
    }

    [Fact]
    public void Those_that_it_has_not_kept_are_counted_back()
    {
        var found = SymptomSearch.Find(Container(failing: 6, Now.AddSeconds(-90), Now.AddSeconds(-60), Now.AddSeconds(-30)), health: null)!;
        Assert.Equal(Now.AddSeconds(-180), found.Since);
        Assert.EndsWith(", counted back", found.KnownBy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_was_not_unwell_before_it_was_there() =>
        Assert.Equal(Made, SymptomSearch.Find(Container(failing: 600, Now.AddSeconds(-90), Now.AddSeconds(-60)), health: null)!.Since);

    [Fact]
    public void The_earliest_sign_counts()
    {
        var dead = new HealthCheck { Name = "background_cleanup", State = CheckState.Dead, AgeSec = 200 };
        var found = SymptomSearch.Find(Container(failing: 1, Now.AddSeconds(-30)), Report(HealthStatus.NotReady, dead))!;
        Assert.Equal((Now.AddSeconds(-200), "/readyz: background_cleanup last reported then"), (found.Since, found.KnownBy));
    }

    [Fact]
    public void An_alert_that_began_after_the_deploy_is_a_sign_and_one_from_before_is_none()
    {
        var found = SymptomSearch.Find(Container(failing: 1, Now.AddSeconds(-30)), health: null,
            [Alert("Old", AlertRelation.BeforeDeploy, -900), Alert("New", AlertRelation.AfterDeploy, -120)])!;
        Assert.Equal((Now.AddSeconds(-120), "the alert New, whose condition has held since"), (found.Since, found.KnownBy));
    }

    private static Alert Alert(string name, AlertRelation relation, double seconds) => new()
    {
        Name = name, State = AlertState.Firing, StartedAt = Now.AddSeconds(seconds), Duration = TimeSpan.FromMinutes(1), Relation = relation, Explanation = "x",
            Selector = "{}", PrometheusUri = new("http://x/"),
    };

    [Fact]
    public void Where_it_has_ended_its_end() => Assert.Equal(Now.AddSeconds(-5), SymptomSearch.Find(new(new()
    {
        ["Created"] = Made.ToString("O"),
        ["State"] = new JsonObject { ["Status"] = "exited", ["FinishedAt"] = Now.AddSeconds(-5).ToString("O") },
    }), health: null)!.Since);

    [Fact]
    public void Without_any_sign_the_first_look_and_that_it_may_have_begun_earlier()
    {
        var found = SymptomSearch.Find(Container(failing: 0), Report(HealthStatus.Unreachable))!;
        Assert.Equal(Now, found.Since);
        Assert.Contains("it may have begun earlier", found.KnownBy, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_well_has_no_symptom() => Assert.Null(SymptomSearch.Find(Container(failing: 0), Report(HealthStatus.Healthy)));

    [Fact]
    public void An_old_report_of_a_task_of_a_build_that_is_well_is_none() =>
        Assert.Null(SymptomSearch.Find(
            Container(failing: 0), Report(HealthStatus.Healthy, new HealthCheck { Name = "background_discovery", State = CheckState.Dead, AgeSec = 200 })));

    private static ContainerView Container(int failing, params DateTimeOffset[] starts) => new(new()
    {
        ["Created"] = Made.ToString("O"),
        ["State"] = new JsonObject
        {
            ["Status"] = "running",
            ["Health"] = new JsonObject { ["FailingStreak"] = (long)failing,
                ["Log"] = new JsonArray([.. starts.Select(start => new JsonObject { ["Start"] = start.ToString("O") })]) },
        },
    });

    internal static HealthReport Report(HealthStatus status, params HealthCheck[] checks) => new()
    {
        Uri = new("http://127.0.0.1:8888/"),
        Status = status,
        Live = true,
        Ready = false,
        Checks = checks,
        Liveness = Probe("/healthz"),
        Readiness = Probe("/readyz"),
        Version = Probe("/version"),
        Diagnosis = Diagnosis.ImageSuspected,
        Explanation = "x",
        Recommendation = "y",
        CheckedAt = Now,
    };

    private static ProbeResult Probe(string path) => new() { Path = path, LatencyMs = 1 };
}
