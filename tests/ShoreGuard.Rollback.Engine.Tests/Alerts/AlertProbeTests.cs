using System.Text;
using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Alerts;

/// <summary>What is found of alerts, and what the answers of something else are taken for: never for none.</summary>
public sealed class AlertProbeTests
{
    private const string Secret = "s3cr3t-t0ken";
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly DateTimeOffset Deployed = Now.AddMinutes(-20);

    [Fact]
    public async Task Alerts_are_told_apart_by_the_deploy_and_those_that_may_be_symptoms_come_first()
    {
        await using var server = new FakePrometheus
        {
            Alerts = [new("Old", Now.AddHours(-30), Now.AddHours(1)), new("New", Deployed.AddSeconds(40), Now.AddHours(1)),
                new("Over", Deployed.AddMinutes(2), Now.AddMinutes(-10)), new("LongOver", Now.AddMinutes(-70), Deployed.AddMinutes(-30))],
        }.Start();
        var report = await FindAsync(server);
        Assert.Null(report.Inconclusive);
        Assert.Empty(report.Warnings);
        Assert.Equal(
            [("New", AlertState.Firing, AlertRelation.AfterDeploy), ("Old", AlertState.Firing, AlertRelation.BeforeDeploy),
            ("Over", AlertState.Ended, AlertRelation.AfterDeploy)],
            report.Alerts.Select(alert => (alert.Name, alert.State, alert.Relation)));
        Assert.Equal(["New", "Over"], report.Symptoms.Select(alert => alert.Name));
        var (fresh, over) = (report.Alerts[0], report.Alerts[2]);
        Assert.Equal("Started 39 s after the deploy.", fresh.Explanation.Replace("40 s", "39 s", StringComparison.Ordinal));
        Assert.InRange((over.EndedAt!.Value - Now.AddMinutes(-10)).TotalSeconds, -0.1, report.Step.TotalSeconds + 0.1);
        Assert.Equal(("prod", """alertname="New",instance="10.0.0.9:8888",job="shoreguard" """.Trim(), server.Uri + "prom"),
            (fresh.DeploymentName, fresh.Selector, fresh.PrometheusUri.ToString()));
        Assert.Equal(["""instance="10.0.0.9:8888" """.Trim(), """job="shoreguard" """.Trim()], fresh.Labels);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(47)]
    public async Task A_clock_that_goes_otherwise_is_said_and_changes_no_relation(int ahead)
    {
        await using var server = new FakePrometheus { Ahead = TimeSpan.FromSeconds(ahead),
            Alerts = [new("Old", Deployed.AddSeconds(-30), Now.AddHours(1)), new("New", Deployed.AddSeconds(30), Now.AddHours(1))] }.Start();
        var report = await FindAsync(server);
        Assert.Equal([("New", AlertRelation.AfterDeploy), ("Old", AlertRelation.BeforeDeploy)], report.Alerts.Select(alert => (alert.Name, alert.Relation)));
        Assert.InRange((report.Alerts[0].StartedAt - Deployed.AddSeconds(30)).TotalSeconds, -1.5, 0.5);
        Assert.Contains(ahead > 0 ? "ahead of this machine's" : "behind this machine's", Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_was_started_again_was_deployed_when_it_was_made()
    {
        await using var server = new FakePrometheus { Alerts = [new("New", Now.AddMinutes(-10), Now.AddHours(1))] }.Start();
        var report = await FindAsync(server, request =>
            request with { Deployment = request.Deployment! with { CreatedAt = Deployed, StartedAt = Now.AddMinutes(-1) } });
        Assert.Equal(AlertRelation.AfterDeploy, Assert.Single(report.Alerts).Relation);
    }

    [Fact]
    public async Task Without_a_deployment_it_is_the_last_hour_and_nothing_is_related()
    {
        await using var server = new FakePrometheus { Alerts = [new("Over", Now.AddMinutes(-50), Now.AddMinutes(-40)),
            new("LongOver", Now.AddMinutes(-90), Now.AddMinutes(-70))] }.Start();
        var alert = Assert.Single((await FindAsync(server, request => request with { Deployment = null })).Alerts);
        Assert.Equal(("Over", AlertRelation.Unknown, null), (alert.Name, alert.Relation, alert.DeployedAt));
        Assert.Equal(2, (await FindAsync(server, request => request with { Deployment = null, Since = Now.AddMinutes(-100) })).Alerts.Count);
    }

    [Fact]
    public async Task Any_time_back_is_asked_for_within_what_Prometheus_allows()
    {
        await using var server = new FakePrometheus { Alerts = [new("New", Now.AddMinutes(-10), Now.AddHours(1))] }.Start();
        foreach (var since in new[] { DateTimeOffset.MinValue, Now.AddYears(-3), Now.AddDays(-30) })
        {
            var report = await FindAsync(server, request => request with { Since = since });
            Assert.Null(report.Inconclusive);
            Assert.Single(report.Alerts);
            Assert.Contains("can be missed", Assert.Single(report.Warnings), StringComparison.Ordinal);
        }
        Assert.Equal("SinceInFuture", (await FindAsync(server, request => request with { Since = Now.AddDays(1) })).Inconclusive?.Id);
    }

    [Fact]
    public async Task That_nothing_fires_says_nothing_where_there_are_no_rules()
    {
        await using var bare = new FakePrometheus { HasRules = false }.Start();
        Assert.Contains("no alerting rules", Assert.Single((await FindAsync(bare)).Warnings), StringComparison.Ordinal);
        await using var other = new FakePrometheus().Start();
        Assert.Empty((await FindAsync(other)).Warnings);
    }

    // What collects from several stores gives what it has where one of them is missing.
    [Fact]
    public async Task An_answer_that_may_be_incomplete_is_warned_of()
    {
        await using var server = new FakePrometheus { Warning = "no answer from store b" }.Start();
        Assert.Contains("may be incomplete: no answer from store b.", Assert.Single((await FindAsync(server)).Warnings), StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string, FailureKind, string> Answers => new()
    {
        { "a login page", LocalServer.Html(200), "PrometheusForeign", FailureKind.InvalidData, "an HTML page" },
        { "a redirect to one", LocalServer.Answer(302, "text/html", "", "Location: https://login.example.test/?t=1\r\n"), "PrometheusForeign",
        FailureKind.InvalidData, "sends on to https://login.example.test/" },
        { "wants a login", LocalServer.Html(401), "PrometheusDenied", FailureKind.AuthenticationError, "HTTP 401" },
        { "refuses", LocalServer.Json(403, "{}"), "PrometheusDenied", FailureKind.AuthenticationError, "HTTP 403" },
        { "not found", LocalServer.Answer(404, "text/plain", "404 page not found"), "PrometheusForeign", FailureKind.InvalidData, "HTTP 404" },
        { "an error of it", LocalServer.Json(422, """{"status":"error","errorType":"execution","error":"query processing would load too many samples"}"""),
        "PrometheusRequestRefused", FailureKind.InvalidArgument, "too many samples" },
        { "broken JSON", LocalServer.Json(200, """{"status":"success","data":{"""), "PrometheusForeign", FailureKind.InvalidData, "broken JSON" },
        { "nothing", LocalServer.Json(200, ""), "PrometheusForeign", FailureKind.InvalidData, "an empty answer" },
        { "another application", LocalServer.Json(200, """{"status":"ok"}"""), "PrometheusForeign", FailureKind.InvalidData, "no result" },
        { "a failure with the status of success", LocalServer.Json(200, """{"status":"error","error":"x"}"""), "PrometheusForeign", FailureKind.InvalidData,
        "no result" },
        { "another kind", LocalServer.Json(200, """{"status":"success","data":{"resultType":"vector","result":[]}}"""), "PrometheusForeign",
        FailureKind.InvalidData, "no result" },
        { "no time", LocalServer.Json(200, """{"status":"success","data":{"resultType":"scalar","result":["x"]}}"""), "PrometheusForeign",
        FailureKind.InvalidData, "not where they belong" },
        { "a time beyond all", LocalServer.Json(200, """{"status":"success","data":{"resultType":"scalar","result":[1e300,"1"]}}"""), "PrometheusForeign",
        FailureKind.InvalidData, "not where they belong" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task What_is_no_answer_is_inconclusive(string what, byte[] answer, string id, FailureKind kind, string said)
    {
        await using var server = LocalServer.Always(answer);
        var report = await FindAsync(server);
        Assert.True((id, kind) == (report.Inconclusive?.Id, report.Inconclusive?.Kind), $"{what}: {report.Inconclusive?.Id}");
        Assert.Contains(said, report.Inconclusive!.Message, StringComparison.Ordinal);
        Assert.Equal(report.PrometheusUri, report.Inconclusive.Target);
        Assert.NotEmpty(report.Inconclusive.Recommendation);
        Assert.DoesNotContain(Secret, $"{report.Inconclusive} {report.Inconclusive.Recommendation} {report}", StringComparison.Ordinal);
    }

    // The first answer is sound, and the series are not.
    [Theory]
    [InlineData("""[{"metric":{"alertname":"x"},"values":[[1,2]]}]""")]
    [InlineData("""[{"metric":{"alertname":1},"values":[]}]""")]
    [InlineData("""[{"values":[]}]""")]
    [InlineData("""[7]""")]
    public async Task Series_that_are_not_understood_are_inconclusive(string result)
    {
        await using var server = new LocalServer((path, connection, cancellation) =>
            connection.WriteAsync(LocalServer.Json(200, path.Contains("time()", StringComparison.Ordinal)
            ? $$$"""{"status":"success","data":{"resultType":"scalar","result":[{{{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}}},"1"]}}"""
            : $$$"""{"status":"success","data":{"resultType":"matrix","result":{{{result}}}}}"""), cancellation).AsTask());
        Assert.Equal("PrometheusForeign", (await FindAsync(server)).Inconclusive?.Id);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        await using var server = new LocalServer(async (_, connection, cancellation) =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[\""u8.ToArray(), cancellation);
            var filler = new byte[1024 * 1024];
            Array.Fill(filler, (byte)'x');
            while (true)
                await connection.WriteAsync(filler, cancellation);
        });
        Assert.Equal("PrometheusAnswerTooLarge", (await FindAsync(server)).Inconclusive?.Id);
        Assert.Single(server.Asked);
    }

    [Theory]
    [InlineData(503, "")]
    [InlineData(500, "")]
    [InlineData(429, "Retry-After: 0\r\n")]
    public async Task What_passes_by_itself_is_asked_again_and_four_errors_in_a_row_end_it(int status, string headers)
    {
        var left = 3;
        var sound = new FakePrometheus { Alerts = [new("New", Deployed.AddSeconds(40), Now.AddHours(1))] }.Start();
        await using (sound)
        {
            var refusal = LocalServer.Answer(status, "text/plain", "Service Unavailable", headers);
            await using var server = new LocalServer(async (path, connection, cancellation) =>
            {
                if (left-- > 0)
                    await connection.WriteAsync(refusal, cancellation);
                else
                    await connection.WriteAsync(
                        LocalServer.Json(200, await new HttpClient().GetStringAsync(new Uri(sound.Uri, path), cancellation)), cancellation);
            });
            Assert.Single((await FindAsync(server)).Alerts);

            await using var down = LocalServer.Always(refusal);
            var report = await FindAsync(down);
            Assert.Equal(status == 429 ? "PrometheusRateLimited" : "PrometheusFailed", report.Inconclusive?.Id);
            Assert.Equal(4, down.Asked.Count);
        }
    }

    [Fact]
    public async Task A_limit_that_is_far_away_is_not_waited_for()
    {
        await using var server = LocalServer.Always(LocalServer.Answer(429, "text/plain", "slow down", "Retry-After: 3600\r\n"));
        var error = (await FindAsync(server)).Inconclusive!;
        Assert.Equal(("PrometheusRateLimited", FailureKind.ResourceBusy), (error.Id, error.Kind));
        Assert.Contains("60 min", error.Message.Replace("1 h 0 min", "60 min", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task Nobody_there_is_inconclusive()
    {
        var server = LocalServer.Always([]);
        await server.DisposeAsync();
        var error = (await FindAsync(server)).Inconclusive!;
        Assert.Equal(("PrometheusUnreachable", FailureKind.ResourceUnavailable), (error.Id, error.Kind));
    }

    [Fact]
    public async Task What_it_is_asked_with_goes_to_the_given_address_alone()
    {
        await using var elsewhere = LocalServer.Always(LocalServer.Json(200, "{}"));
        await using var server = LocalServer.Always(LocalServer.Answer(307, "text/plain", "", $"Location: {elsewhere.Uri}\r\n"));
        await FindAsync(server);
        await FindAsync(server, request => request with { Prometheus = MonitorEndpoint.Prometheus(server.Uri).WithPassword("öp", "p:w") });
        Assert.Empty(elsewhere.Asked);
        Assert.Contains($"Authorization: Bearer {Secret}", server.Requests.First(), StringComparison.Ordinal);
        Assert.Contains($"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("öp:p:w"))}", server.Requests.Last(), StringComparison.Ordinal);
        Assert.StartsWith("GET /prom/api/v1/query?query=time()", server.Requests.First(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://user:pass@host:9090/")]
    [InlineData("ftp://host/")]
    [InlineData("/prometheus")]
    public void An_address_that_is_none_is_refused_and_no_password_is_shown(string uri)
    {
        var error = Assert.Throws<ShoreGuardException>(() => MonitorEndpoint.Prometheus(new(uri, UriKind.RelativeOrAbsolute)));
        Assert.Equal(("PrometheusUriInvalid", FailureKind.InvalidArgument), (error.Id, error.Kind));
        Assert.DoesNotContain("pass@", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://monitoring.example/", true)]
    [InlineData("https://monitoring.example/", false)]
    [InlineData("http://127.0.0.1:9090/", false)]
    public void Where_a_password_can_be_read_on_its_way(string uri, bool isExposed)
    {
        Assert.Equal(isExposed, MonitorEndpoint.Prometheus(new(uri)).WithToken(Secret).IsExposed);
        Assert.False(MonitorEndpoint.Prometheus(new(uri)).IsExposed);
        Assert.DoesNotContain(Secret, MonitorEndpoint.Prometheus(new(uri)).WithToken(Secret).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    public void A_token_that_is_none_is_refused(string token) =>
        Assert.Equal("MonitorLoginInvalid", Assert.Throws<ShoreGuardException>(() => MonitorEndpoint.Prometheus(new("https://host/")).WithToken(token)).Id);

    [Fact]
    public void A_query_that_an_address_was_copied_with_is_left_behind() =>
        Assert.Equal("https://host/prom/", MonitorEndpoint.Prometheus(new("https://host/prom/?token=x#y")).Uri.ToString());

    [Fact]
    public async Task Alertmanager_says_who_is_told_and_its_failure_hides_no_alert()
    {
        await using var server = new FakePrometheus { Alerts = [.. new[] { "Told", "Quiet", "Behind", "Both", "NotYet" }.Select(name =>
            new FakePrometheus.Fired(name, Deployed.AddSeconds(40), Now.AddHours(1))), new("Over", Deployed.AddSeconds(40), Now.AddMinutes(-5))] }.Start();
        await using var alertmanager = LocalServer.Of(("/api/v2/alerts", LocalServer.Json(200, $"[{Known("Told")},{Known("Quiet", silencedBy: "\"1\"")},{Known("Behind", inhibitedBy: "\"2\"")},{Known("Both", silencedBy: "\"1\"")},{Known("Both", cluster: "b")},{Known("Over")}]")));
        var report = await FindAsync(server, request => request with { Alertmanager = MonitorEndpoint.Alertmanager(alertmanager.Uri) });
        Assert.Equal(
            [("Behind", AlertSuppression.Inhibited), ("Both", AlertSuppression.None), ("NotYet", AlertSuppression.Unknown), ("Over", AlertSuppression.Unknown),
                ("Quiet", AlertSuppression.Silenced), ("Told", AlertSuppression.None)],
            report.Alerts.OrderBy(alert => alert.Name, StringComparer.Ordinal).Select(alert => (alert.Name, alert.Suppression)));

        foreach (var bad in new[] { LocalServer.Html(200), LocalServer.Json(200, "[{}]"), LocalServer.Json(200, """{"a":1}"""), LocalServer.Html(401) })
        {
            await using var other = LocalServer.Always(bad);
            report = await FindAsync(server, request => request with { Alertmanager = MonitorEndpoint.Alertmanager(other.Uri) });
            Assert.Equal(6, report.Alerts.Count);
            Assert.StartsWith("Alertmanager", report.AlertmanagerFailure?.Id, StringComparison.Ordinal);
            Assert.All(report.Alerts, alert => Assert.Equal(AlertSuppression.Unknown, alert.Suppression));
        }
    }

    private static string Known(string name, string silencedBy = "", string inhibitedBy = "", string cluster = "a") => $$$"""
        {"labels":{"alertname":"{{{name}}}","instance":"10.0.0.9:8888","job":"shoreguard","cluster":"{{{cluster}}}"},"status":{"state":"x","silencedBy":[{{{silencedBy}}}],"inhibitedBy":[{{{inhibitedBy}}}]}}
        """;

    private static Task<AlertReport> FindAsync(LocalServer server, Func<AlertRequest, AlertRequest>? change = null)
    {
        var request = new AlertRequest
        {
            Prometheus = MonitorEndpoint.Prometheus(new(server.Uri, "prom")).WithToken(Secret),
            Deployment = new() { Name = "prod", ContainerId = "c", Image = "x", ImageId = "i", State = "running", StartedAt = Deployed,
            DockerHost = "unix:///x", Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:////x.db" } },
        };
        return AlertProbe.FindAsync(change?.Invoke(request) ?? request, reporter: null, TestContext.Current.CancellationToken);
    }
}
