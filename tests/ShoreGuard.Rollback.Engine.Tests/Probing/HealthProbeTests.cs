using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ShoreGuard.Rollback.Engine.Probing;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

public sealed class HealthProbeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<HealthReport> ProbeAsync(Uri uri, TimeSpan? timeout = null) =>
        HealthProbe.ProbeAsync(new() { Uri = uri, Timeout = timeout ?? TimeSpan.FromSeconds(5) }, Token);

    [Fact]
    public async Task A_well_ShoreGuard_is_healthy_with_everything_it_says()
    {
        await using var server = LocalServer.Healthy();

        var report = await ProbeAsync(server.Uri);

        Assert.Equal(
            (HealthStatus.Healthy, Diagnosis.Healthy, true, true, true), (report.Status, report.Diagnosis, report.Live, report.Ready, report.IsHealthy));
        Assert.Equal(["database", "gateway_service", "background_cleanup"], report.Checks.Select(check => check.Name));
        Assert.All(report.Checks, check => Assert.Equal(CheckState.Ok, check.State));
        Assert.Equal(0.4, report.Checks[0].LatencyMs);
        Assert.Equal(1.9, report.Checks[2].AgeSec);
        Assert.Equal((2, 2, false), (report.Gateways.Total, report.Gateways.Connected, report.Gateways.Degraded));
        Assert.Equal("0.34.2 (a1b2c3d)", report.Identity!.ToString());
        Assert.Equal(new DateTimeOffset(2026, 4, 10, 12, 0, 0, TimeSpan.Zero), report.Identity.BuildTime);
        Assert.Equal(["/healthz", "/readyz?verbose=1", "/version"], server.Asked.Order());
        Assert.All([report.Liveness, report.Readiness, report.Version], probe => Assert.Equal((200, null), (probe.StatusCode, probe.Error)));
        Assert.All([report.Liveness, report.Readiness, report.Version], probe => Assert.InRange(probe.LatencyMs, 0, 5000));
    }

    [Fact]
    public async Task The_real_ready_answer_with_offline_gateways_is_degraded_and_serves()
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Real("readyz-verbose"));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal((HealthStatus.Degraded, true, true), (report.Status, report.Ready, report.IsHealthy));
        Assert.Equal(["database", "gateway_service", "gateways", "background_cleanup", "background_health_monitor", "background_discovery"],
            report.Checks.Select(check => check.Name));
        Assert.Equal((CheckState.Degraded, "0 of 2 connected"), (report.Checks[2].State, report.Checks[2].Message));
        Assert.Equal(["gw1", "gw2"], report.Gateways.Gateways.Select(gateway => gateway.Name));
        Assert.Equal((2, 0, true), (report.Gateways.Total, report.Gateways.Connected, report.Gateways.Degraded));
    }

    [Fact]
    public async Task The_real_answer_without_verbose_has_the_same_checks_and_no_list_of_gateways()
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Real("readyz"));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal(6, report.Checks.Count);
        Assert.Empty(report.Gateways.Gateways);
        Assert.True(report.Gateways.Degraded);
    }

    [Fact]
    public async Task A_database_that_is_down_is_a_dependency_failure_and_no_gateways_are_known()
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Real("readyz-503-database-down"));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal((HealthStatus.NotReady, Diagnosis.DependencyFailure, true, false), (report.Status, report.Diagnosis, report.Live, report.Ready));
        Assert.Equal((CheckState.Failed, "database"), (report.Checks[0].State, report.Checks[0].Name));
        Assert.Contains("Connection refused", report.Checks[0].Message, StringComparison.Ordinal);
        Assert.Null(report.Gateways.Total);
        Assert.Contains("connection to server at", report.Explanation, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', report.Explanation);
        Assert.Contains("troubleshooting guide", report.Recommendation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new string[0], HealthStatus.NotReady, false)]
    [InlineData(new[] { "background_cleanup" }, HealthStatus.NotReady, false)]
    [InlineData(new[] { "background_discovery" }, HealthStatus.Healthy, true)]
    [InlineData(new[] { "BACKGROUND_*" }, HealthStatus.Healthy, true)]
    [InlineData(new[] { "database", "background_disc?very" }, HealthStatus.Healthy, true)]
    [InlineData(new[] { "*[xyz]" }, HealthStatus.Healthy, true)]
    public async Task Discovery_that_is_off_is_not_ready_unless_it_is_left_out(string[] ignored, HealthStatus status, bool ready)
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Real("readyz-503-discovery-off"));

        var report = await HealthProbe.ProbeAsync(new() { Uri = server.Uri, IgnoredChecks = ignored }, Token);

        Assert.Equal((status, ready), (report.Status, report.Ready));
        Assert.Equal(CheckState.Dead, report.Checks.Single(check => check.Name == "background_discovery").State);
        Assert.Contains("background_discovery", ready ? report.Explanation : report.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discovery_that_is_off_by_default_is_not_blamed_on_the_image()
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Real("readyz-503-discovery-off"));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal(Diagnosis.DependencyFailure, report.Diagnosis);
        Assert.Contains("-IgnoreCheck background_discovery", report.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_task_of_a_process_whose_dependencies_answer_makes_the_image_suspected()
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Json(503,
            """{"status":"not ready","checks":{"database":"ok","gateway_service":"ok","background_cleanup":"dead","background_health_monitor":"ok"}}"""));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal((HealthStatus.NotReady, Diagnosis.ImageSuspected), (report.Status, report.Diagnosis));
        Assert.Contains("background_cleanup is dead", report.Explanation, StringComparison.Ordinal);
        Assert.Contains("Invoke-ShoreGuardImageRollback", report.Recommendation, StringComparison.Ordinal);
        Assert.Contains("-IgnoreCheck background_cleanup", report.Recommendation, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, HealthStatus, Diagnosis> ReadinessBodies => new()
    {
        // Both a dependency and a task fail: the dependency comes first.
        { "503", """{"status":"not ready","checks":{"database":"timeout","background_cleanup":"dead"}}""", HealthStatus.NotReady, Diagnosis.DependencyFailure },
        { "503", """{"status":"not ready","checks":{"database":"ok","gateway_service":"not initialised"}}""", HealthStatus.NotReady,
        Diagnosis.DependencyFailure },
        { "503", """{"status":"not ready","checks":{"database":"ok","gateway_registry":"timeout after 5s"}}""", HealthStatus.NotReady,
        Diagnosis.DependencyFailure },
        // A part that this release does not know.
        { "503", """{"status":"not ready","checks":{"database":"ok","cache":"connection refused"}}""", HealthStatus.NotReady, Diagnosis.DependencyFailure },
        { "200", """{"status":"ready","checks":{"database":"ok","mode":"standalone","workers":4,"leader":true,"parts":{"a":1}}}""", HealthStatus.Healthy,
        Diagnosis.Healthy },
        // It refuses and does not say why.
        { "503", """{"status":"not ready","checks":{"database":"ok"}}""", HealthStatus.NotReady, Diagnosis.ImageSuspected },
        { "503", """{"status":"not ready","checks":{}}""", HealthStatus.NotReady, Diagnosis.ImageSuspected },
        // A proxy that turns the status round does not make it ready.
        { "200", """{"status":"not ready","checks":{"database":"ok","background_cleanup":"dead"}}""", HealthStatus.NotReady, Diagnosis.ImageSuspected },
        { "503", """{"status":"ready","checks":{"database":"ok"}}""", HealthStatus.NotReady, Diagnosis.ImageSuspected },
        { "200", """{"status":"ready","checks":{"database":"ok","background_cleanup":"ok","background_cleanup_age_s":400,"background_cleanup_stalled":true}}""",
        HealthStatus.Degraded, Diagnosis.Healthy },
        { "200", """{"status":"ready","checks":{"database":"ok","background_cleanup":"stalled"}}""", HealthStatus.Degraded, Diagnosis.Healthy },
        { "200", """{"status":"ready","checks":{"database":"ok","gateway_registry":"timeout after 5s"}}""", HealthStatus.Degraded, Diagnosis.Healthy },
        // A live ShoreGuard whose readiness is of no use.
        { "500", """{"detail":"Internal Server Error"}""", HealthStatus.NotReady, Diagnosis.ImageSuspected },
        { "200", """{"status":"ready","checks":{"datab""", HealthStatus.Invalid, Diagnosis.ImageSuspected },
        { "200", "", HealthStatus.Invalid, Diagnosis.ImageSuspected },
        { "200", """{"status":"ready","checks":{"\ud800":1}}""", HealthStatus.Invalid, Diagnosis.ImageSuspected },
        { "429", """{"error":"rate limit"}""", HealthStatus.Invalid, Diagnosis.NotShoreGuard },
        { "401", """{"title":"Authentication Required"}""", HealthStatus.Invalid, Diagnosis.NotShoreGuard },
    };

    [Theory]
    [MemberData(nameof(ReadinessBodies))]
    public async Task What_readiness_says_decides(string code, string body, HealthStatus status, Diagnosis diagnosis)
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Json(int.Parse(code), body));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal((status, diagnosis), (report.Status, report.Diagnosis));
        Assert.True(report.Live);
        Assert.NotEmpty(report.Explanation);
        Assert.NotEmpty(report.Recommendation);
    }

    public static TheoryData<string, byte[]> Foreigners => new()
    {
        { "a proxy's login page", LocalServer.Html(200) },
        { "a gateway that reaches nobody", LocalServer.Html(502) },
        { "no such path", LocalServer.Real("not-found-404") },
        { "a proxy that wants a login", LocalServer.Real("bad-token-401") },
        { "a proxy that forbids", LocalServer.Real("forbidden-403") },
        { "a rate limit", LocalServer.Json(429, """{"error":"slow down"}""") },
        { "a redirect to a login page", LocalServer.Answer(302, "text/html", "", "Location: https://login.invalid/signin?token=x\r\n") },
        { "another service", LocalServer.Json(200, """{"status":"UP"}""") },
        // What many a service says of its health is not enough.
        { "another service with the same word", LocalServer.Json(200, """{"status":"ok"}""") },
        { "an array", LocalServer.Json(200, "[]") },
        { "a number", LocalServer.Json(200, "42") },
        { "text", LocalServer.Answer(200, "text/plain", "OK") },
        { "metrics", LocalServer.Real("metrics") },
        { "a list of gateways", LocalServer.Real("gateway-list") },
        { "nothing", LocalServer.Answer(204, "text/plain", "") },
    };

    [Theory]
    [MemberData(nameof(Foreigners))]
    public async Task Whatever_is_not_ShoreGuard_is_called_that(string what, byte[] answer)
    {
        await using var server = LocalServer.Always(answer);

        var report = await ProbeAsync(server.Uri);

        Assert.True(report is { Status: HealthStatus.Invalid, Diagnosis: Diagnosis.NotShoreGuard, Ready: false }, $"{what}: {report}");
        Assert.All([report.Readiness, report.Version], probe => Assert.NotNull(probe.Error));
        Assert.DoesNotContain("token", report.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(502, "Server: Caddy\r\n", "a proxy (Caddy) answered with HTTP 502")]
    [InlineData(504, "Server: nginx/1.27.2\r\n", "a proxy (nginx) answered with HTTP 504")]
    [InlineData(403, "Server: uvicorn\r\nVia: 1.1 gate.invalid\r\n", "A proxy (gate.invalid) refuses the probes")]
    [InlineData(502, "Server: \u001b[31mred\r\n", "a proxy answered with HTTP 502")]
    [InlineData(502, "", "a proxy answered with HTTP 502")]
    public async Task A_proxy_in_front_is_named_as_it_names_itself(int status, string headers, string expected)
    {
        await using var server = LocalServer.Always(LocalServer.Answer(status, "text/html", "<html></html>", headers));
        Assert.Contains(expected, (await ProbeAsync(server.Uri)).Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_but_named()
    {
        await using var elsewhere = LocalServer.Healthy();
        await using var server = LocalServer.Always(LocalServer.Answer(308, "text/html", "", $"Location: {elsewhere.Uri}healthz\r\n"));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal(Diagnosis.NotShoreGuard, report.Diagnosis);
        Assert.Empty(elsewhere.Asked);
        Assert.Contains($"-Uri {elsewhere.Uri.GetLeftPart(UriPartial.Authority)}", report.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_listening_is_unreachable()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var uri = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");
        taken.Stop();

        var report = await ProbeAsync(uri);

        Assert.Equal((HealthStatus.Unreachable, Diagnosis.Unreachable, "connection refused"), (report.Status, report.Diagnosis, report.Liveness.Error));
        Assert.Null(report.Liveness.StatusCode);
        Assert.Contains("Get-ShoreGuardDeployment", report.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_unreachable()
    {
        var report = await ProbeAsync(new Uri("http://shoreguard.invalid:8888"));

        Assert.Equal((HealthStatus.Unreachable, "no such host"), (report.Status, report.Liveness.Error));
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("http://admin:geheim@localhost:1")]
    public async Task An_address_that_cannot_be_meant_is_a_report_too(string uri)
    {
        var report = await ProbeAsync(new Uri(uri));

        Assert.Equal(HealthStatus.Unreachable, report.Status);
        Assert.DoesNotContain("geheim", report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_ends_at_the_timeout()
    {
        await using var server = new LocalServer((_, _, cancellation) => Task.Delay(Timeout.Infinite, cancellation));
        var clock = Stopwatch.StartNew();

        var report = await ProbeAsync(server.Uri, TimeSpan.FromMilliseconds(300));

        Assert.Equal((HealthStatus.Unreachable, "no answer within 300 ms"), (report.Status, report.Liveness.Error));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.25, 3);
        Assert.Contains("-TimeoutSec", report.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_trickles_ends_at_the_timeout()
    {
        await using var server = new LocalServer(async (_, connection, cancellation) =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"u8.ToArray(), cancellation);
            while (true)
            {
                await connection.WriteAsync(" "u8.ToArray(), cancellation);
                await Task.Delay(20, cancellation);
            }
        });

        var report = await ProbeAsync(server.Uri, TimeSpan.FromMilliseconds(300));

        Assert.Equal((200, "no complete answer within 300 ms"), (report.Liveness.StatusCode, report.Liveness.Error));
        Assert.False(report.IsHealthy);
    }

    [Fact]
    public async Task A_readiness_that_hangs_in_a_live_process_points_at_a_dependency()
    {
        await using var server = new LocalServer((path, connection, cancellation) => path switch
        {
            "/healthz" => connection.WriteAsync(LocalServer.Real("healthz"), cancellation).AsTask(),
            "/version" => connection.WriteAsync(LocalServer.Real("version"), cancellation).AsTask(),
            _ => Task.Delay(Timeout.Infinite, cancellation),
        });

        var report = await ProbeAsync(server.Uri, TimeSpan.FromMilliseconds(500));

        Assert.Equal((HealthStatus.NotReady, Diagnosis.DependencyFailure, true), (report.Status, report.Diagnosis, report.Live));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":", "the answer was cut off")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "not an HTTP answer")]
    [InlineData("", "the answer was cut off")]
    public async Task Half_an_answer_and_no_http_are_reports(string bytes, string error)
    {
        await using var server = LocalServer.Always(Encoding.ASCII.GetBytes(bytes));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal(error, report.Liveness.Error);
        Assert.False(report.IsHealthy);
    }

    [Fact]
    public async Task An_endless_answer_is_given_up()
    {
        await using var server = new LocalServer(async (_, connection, cancellation) =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), cancellation);
            var chunk = new byte[64 * 1024];
            Array.Fill(chunk, (byte)'7');
            while (true)
                await connection.WriteAsync(chunk, cancellation);
        });

        var report = await ProbeAsync(server.Uri);

        Assert.Equal("the answer is longer than 1024 KiB", report.Liveness.Error);
        Assert.Equal(Diagnosis.NotShoreGuard, report.Diagnosis);
    }

    [Fact]
    public async Task A_certificate_nobody_vouches_for_fails_unless_it_is_not_checked()
    {
        using var certificate = LocalServer.SelfSigned();
        await using var server = new LocalServer((path, connection, cancellation) => connection.WriteAsync(path switch
        {
            "/healthz" => LocalServer.Real("healthz"),
            "/version" => LocalServer.Real("version"),
            _ => LocalServer.Ready,
        }, cancellation).AsTask(), certificate);

        var refused = await ProbeAsync(server.Uri);
        var accepted = await HealthProbe.ProbeAsync(new() { Uri = server.Uri, SkipCertificateCheck = true }, Token);

        Assert.Equal(HealthStatus.Unreachable, refused.Status);
        Assert.StartsWith("TLS failed", refused.Liveness.Error, StringComparison.Ordinal);
        Assert.Contains("-SkipCertificateCheck", refused.Recommendation, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, accepted.Status);
    }

    [Fact]
    public async Task Https_to_a_server_without_it_is_a_tls_failure()
    {
        await using var server = LocalServer.Healthy();

        var report = await ProbeAsync(new UriBuilder(server.Uri) { Scheme = "https" }.Uri, TimeSpan.FromSeconds(2));

        Assert.Equal(HealthStatus.Unreachable, report.Status);
    }

    [Theory]
    [InlineData("/shoreguard")]
    [InlineData("/shoreguard/")]
    [InlineData("/shoreguard/?x=1#top")]
    public async Task A_path_prefix_is_kept(string prefix)
    {
        await using var server = LocalServer.Of(("/shoreguard/healthz", LocalServer.Real("healthz")), ("/shoreguard/readyz?verbose=1", LocalServer.Ready),
            ("/shoreguard/version", LocalServer.Real("version")));

        var report = await ProbeAsync(new Uri(server.Uri, prefix));

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.EndsWith("/shoreguard/version", report.Identity!.Source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_build_that_was_not_expected_is_named_field_by_field()
    {
        await using var server = LocalServer.Healthy();

        var report = await HealthProbe.ProbeAsync(
            new() { Uri = server.Uri, ExpectedVersion = "0.27.0", ExpectedGitSha = "sha-a1b2c3d", ExpectedBuildTime = DateTimeOffset.UnixEpoch }, Token);

        Assert.Equal((HealthStatus.WrongBuild, Diagnosis.WrongBuild, true, false), (report.Status, report.Diagnosis, report.Ready, report.IsHealthy));
        Assert.Equal(
            ["version is 0.34.2, expected was 0.27.0", "build_time is 2026-04-10T12:00:00Z, expected was 1970-01-01T00:00:00Z"], report.IdentityDifferences);
    }

    [Fact]
    public async Task A_build_that_cannot_be_read_is_not_the_expected_one()
    {
        await using var server = LocalServer.Healthy("/version", LocalServer.Json(500, "{}"));

        var expected = await HealthProbe.ProbeAsync(new() { Uri = server.Uri, ExpectedVersion = "0.27.0" }, Token);
        var any = await ProbeAsync(server.Uri);

        Assert.Equal(HealthStatus.WrongBuild, expected.Status);
        Assert.Equal((HealthStatus.Degraded, null), (any.Status, any.Identity));
    }

    [Fact]
    public async Task A_build_that_does_not_know_itself_has_no_commit()
    {
        await using var server = LocalServer.Healthy("/version", LocalServer.Real("version-unknown-build"));

        var report = await HealthProbe.ProbeAsync(new() { Uri = server.Uri, ExpectedGitSha = "a1b2c3d" }, Token);

        Assert.Equal(("0.34.2", null, null), (report.Identity!.Version, report.Identity.GitSha, report.Identity.BuildTime));
        Assert.Equal(["the build does not say its git_sha, expected was a1b2c3d"], report.IdentityDifferences);
    }

    [Fact]
    public async Task The_three_probes_go_out_at_the_same_time()
    {
        using var together = new CountdownEvent(3);
        await using var server = new LocalServer(async (path, connection, cancellation) =>
        {
            together.Signal();
            await Task.Run(() => together.Wait(cancellation), cancellation);
            await connection.WriteAsync(
                path switch { "/healthz" => LocalServer.Real("healthz"), "/version" => LocalServer.Real("version"), _ => LocalServer.Ready }, cancellation);
        });

        Assert.Equal(HealthStatus.Healthy, (await ProbeAsync(server.Uri)).Status);
    }

    [Fact]
    public async Task Cancelling_is_the_only_thing_that_throws_and_it_is_prompt()
    {
        await using var server = new LocalServer((_, _, cancellation) => Task.Delay(Timeout.Infinite, cancellation));
        using var cancel = new CancellationTokenSource(200);
        var clock = Stopwatch.StartNew();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            HealthProbe.ProbeAsync(new() { Uri = server.Uri, Timeout = TimeSpan.FromMinutes(5) }, cancel.Token));

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 3);
    }

    [Fact]
    public async Task A_password_in_an_error_text_is_not_shown()
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Json(503,
            """{"status":"not ready","checks":{"database":"could not connect to 'postgresql+psycopg://shoreguard:p@ss:w/rd@db:5432/shoreguard'"}}"""));

        var report = await ProbeAsync(server.Uri);

        Assert.Equal("could not connect to 'postgresql+psycopg://shoreguard:***@db:5432/shoreguard'", report.Checks[0].Message);
        Assert.DoesNotContain("p@ss", report.Explanation, StringComparison.Ordinal);
    }
}
