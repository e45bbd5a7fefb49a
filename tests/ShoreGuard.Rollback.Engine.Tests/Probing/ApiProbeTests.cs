using System.Text;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

/// <summary>What an API's answers are taken for.</summary>
public sealed class ApiProbeTests
{
    private const string List = "/api/gateway/list";
    private const string Key = "sg_c2VjcmV0";

    [Fact]
    public async Task Two_connected_gateways_and_one_that_is_offline_make_three_calls_and_a_finding()
    {
        await using var server = LocalServer.Of((List, Gateways(("a b", true), ("gw2", true), ("gw3", false))), ("/api/gateways/a%20b/sandboxes", Items(3)),
            ("/api/gateways/gw2/sandboxes", Items(0)));
        var report = await AskAsync(server);
        Assert.Equal(ApiStatus.Working, report.Status);
        Assert.Equal(
            [(List, 3), ("/api/gateways/a%20b/sandboxes", 3), ("/api/gateways/gw2/sandboxes", 0)], report.Calls.Select(call => (call.Path, call.Items ?? -1)));
        Assert.Equal(["a b", "gw2"], report.ConnectedGateways);
        Assert.Equal(["gw3"], report.OfflineGateways);
        Assert.Contains("gw3", report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_real_list_of_gateways_is_read()
    {
        await using var server = LocalServer.Of((List, LocalServer.Real("gateway-list")));
        var report = await AskAsync(server);
        Assert.Equal(ApiStatus.Working, report.Status);
        Assert.Equal(["gw1", "gw2"], report.OfflineGateways);
    }

    [Fact]
    public async Task A_gateway_that_goes_offline_in_between_is_a_finding_by_the_real_answer()
    {
        await using var server = LocalServer.Of(
            (List, Gateways(("gw2", true))), ("/api/gateways/gw2/sandboxes", LocalServer.Real("sandboxes-offline-gateway-503")));
        var report = await AskAsync(server);
        Assert.Equal(ApiStatus.Working, report.Status);
        Assert.Equal((ApiOutcome.GatewayOffline, 503, "GATEWAY_NOT_CONNECTED", "gw2"),
            (report.Calls[1].Outcome, report.Calls[1].StatusCode, report.Calls[1].Code, report.Calls[1].Gateway));
        Assert.Equal(["gw2"], report.OfflineGateways);
        Assert.Empty(report.ConnectedGateways);
    }

    [Fact]
    public async Task A_gateway_that_was_connected_before_and_is_not_now_is_a_failure()
    {
        await using var server = LocalServer.Of((List, Gateways(("gw1", false), ("gw2", true))), ("/api/gateways/gw2/sandboxes", Items(1)));
        var before = await AskAsync(server) with { ConnectedGateways = ["gw1", "gw2", "gone"] };
        var report = await AskAsync(server, request => request with { Before = before });
        Assert.Equal(ApiStatus.Failing, report.Status);
        Assert.Equal(["gw1", "gone"], report.LostGateways);
        Assert.Equal(["gw1"], (await AskAsync(server, request => request with { Before = before, Gateways = ["GW*"] })).LostGateways);
    }

    public static TheoryData<string, byte[], ApiOutcome, ApiStatus, string> Answers => new()
    {
        { "no key", LocalServer.Real("gateway-list-401"), ApiOutcome.TokenRefused, ApiStatus.Inconclusive, "wrong, expired or revoked" },
        { "a wrong key", LocalServer.Real("bad-token-401"), ApiOutcome.TokenRefused, ApiStatus.Inconclusive, "wrong, expired or revoked" },
        { "a role that is not enough", LocalServer.Real("forbidden-403"), ApiOutcome.PermissionDenied, ApiStatus.Inconclusive, "role is not enough" },
        { "a limit", LocalServer.Json(429, """{"detail":"Too many requests"}"""), ApiOutcome.RateLimited, ApiStatus.Inconclusive, "limit of requests" },
        { "a request that is not accepted", LocalServer.Json(422, """{"title":"Unprocessable","code":"VALIDATION_ERROR","errors":[]}"""), ApiOutcome.Invalid,
        ApiStatus.Failing, "HTTP 422" },
        { "an error", LocalServer.Json(500, """{"detail":"Internal Server Error"}"""), ApiOutcome.Failed, ApiStatus.Failing,
        "HTTP 500: Internal Server Error" },
        { "another build's database", LocalServer.Json(503, """{"code":"SERVICE_UNAVAILABLE","title":"No"}"""), ApiOutcome.Failed, ApiStatus.Failing,
        "HTTP 503: No" },
        { "a login page", LocalServer.Html(200), ApiOutcome.Failed, ApiStatus.Failing, "an HTML page" },
        { "a redirect", LocalServer.Answer(302, "text/html", "", "Location: https://login.example.test/?t=1\r\n"), ApiOutcome.Failed, ApiStatus.Failing,
        "sends on to https://login.example.test/" },
        { "another application", LocalServer.Json(200, """{"gateways":[]}"""), ApiOutcome.Failed, ApiStatus.Failing, "lists no items" },
        { "broken JSON", LocalServer.Json(200, """{"items":[{"name":"""), ApiOutcome.Failed, ApiStatus.Failing, "broken JSON" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Each_answer_is_named_for_what_it_is(string what, byte[] answer, ApiOutcome outcome, ApiStatus status, string said)
    {
        await using var server = LocalServer.Of((List, answer));
        var report = await AskAsync(server);
        Assert.True((outcome, status) == (report.Calls.Single().Outcome, report.Status), $"{what}: {report.Calls.Single()} {report.Status}");
        Assert.Contains(said, report.Explanation, StringComparison.Ordinal);
        Assert.NotEmpty(report.Recommendation);
        Assert.Empty(report.LostGateways);
    }

    // What speaks against the key comes first, and is not the reason.
    [Fact]
    public async Task A_failure_is_told_before_what_the_key_may_not_do()
    {
        await using var server = LocalServer.Of(
            (List, Gateways(("gw1", true), ("gw2", true))),
            ("/api/gateways/gw1/sandboxes", LocalServer.Real("forbidden-403")),
            ("/api/gateways/gw2/sandboxes", LocalServer.Json(500, """{"detail":"boom"}""")));
        var report = await AskAsync(server);
        Assert.Equal(ApiStatus.Failing, report.Status);
        Assert.StartsWith("/api/gateways/gw2/sandboxes: HTTP 500: boom", report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_is_lost_is_told_before_what_the_key_may_not_do()
    {
        await using var server = LocalServer.Of((List, Gateways(("gw1", true))), ("/api/gateways/gw1/sandboxes", LocalServer.Real("forbidden-403")));
        var before = await AskAsync(server) with { ConnectedGateways = ["gw1", "gw2"] };
        var report = await AskAsync(server, request => request with { Before = before });
        Assert.Equal(ApiStatus.Failing, report.Status);
        Assert.StartsWith("gw2 was connected before", report.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thousands_of_gateways_are_no_failure()
    {
        var many = Enumerable.Range(0, 30_000).Select(at => ($"gateway-{at}-{new string('x', 20)}", false)).ToArray();
        await using var server = LocalServer.Of((List, Gateways(many)));
        var report = await AskAsync(server);
        Assert.True(report.Status == ApiStatus.Working, report.Explanation);
        Assert.Equal(30_000, report.OfflineGateways.Count);
        Assert.InRange(report.Explanation.Length, 1, 400);
    }

    [Theory]
    [InlineData("http://10.0.0.9:8888", ProbeRoute.PublishedPort, false)]
    [InlineData("http://192.0.2.7:8888", ProbeRoute.Address, true)]
    [InlineData("http://192.0.2.7:8888", ProbeRoute.PublishedPort, true)]
    [InlineData("https://192.0.2.7", ProbeRoute.Address, false)]
    [InlineData("http://192.0.2.7:8888", ProbeRoute.ContainerNetwork, false)]
    public void Whether_a_key_can_be_read_on_its_way(string uri, ProbeRoute route, bool isExposed) =>
        Assert.Equal(isExposed, ApiToken.IsExposed(new(uri), route));

    [Fact]
    public async Task Where_nothing_answers_it_is_unreachable_and_nothing_more_is_asked()
    {
        var server = LocalServer.Of();
        await server.DisposeAsync();
        var report = await AskAsync(server, request => request with { Paths = ["/metrics"] });
        Assert.Equal(ApiStatus.Unreachable, report.Status);
        Assert.Single(report.Calls);
    }

    [Fact]
    public async Task A_limit_that_ends_in_time_is_waited_for()
    {
        var asked = 0;
        await using var server = new LocalServer((_, connection, cancellation) => connection.WriteAsync(
            Interlocked.Increment(ref asked) == 1 ? LocalServer.Answer(429, "application/json", "{}", "Retry-After: 1\r\n") : Items(0), cancellation).AsTask());
        Assert.Equal(ApiStatus.Working, (await AskAsync(server)).Status);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_limit_that_does_not_end_in_time_is_not_waited_for()
    {
        await using var server = LocalServer.Of((List, LocalServer.Answer(429, "application/json", "{}", "Retry-After: 120\r\n")));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(ApiStatus.Inconclusive, (await AskAsync(server)).Status);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4);
    }

    [Fact]
    public async Task Only_so_many_gateways_are_asked_and_only_those_that_are_meant()
    {
        await using var server = LocalServer.Of((List, Gateways(("a1", true), ("a2", true), ("b1", true))), ("/api/gateways/a1/sandboxes", Items(1)),
            ("/api/gateways/a2/sandboxes", Items(1)), ("/metrics", LocalServer.Answer(200, "text/plain", "a 1\n")));
        Assert.Equal(["a1"], (await AskAsync(server, request => request with { First = 1 })).Calls.Select(call => call.Gateway).OfType<string>());
        var report = await AskAsync(server, request => request with { Gateways = ["A?"], Paths = ["/metrics"] });
        Assert.Equal(["a1", "a2", "/metrics"], report.Calls.Skip(1).Select(call => call.Gateway ?? call.Path));
        Assert.Equal(ApiStatus.Working, report.Status);
    }

    [Fact]
    public async Task The_key_is_sent_and_is_in_nothing_that_is_written()
    {
        var heads = new List<string>();
        await using var server = new HeadServer(heads);
        var report = await AskAsync(server.Uri);
        Assert.Contains($"Authorization: Bearer {Key}", Assert.Single(heads), StringComparison.Ordinal);
        Assert.DoesNotContain(
            Key, $"{report} {report.Explanation} {report.Recommendation} {string.Join(' ', report.Calls)} {ApiToken.Of(Key)}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("two words")]
    [InlineData("sg_a\r\nX-Evil: 1")]
    [InlineData("sg_ä")]
    public void What_is_no_key_is_refused_and_not_repeated(string key)
    {
        var error = Assert.Throws<ShoreGuardException>(() => ApiToken.Of(key));
        Assert.Equal(("TokenInvalid", FailureKind.InvalidArgument), (error.Id, error.Kind));
        Assert.True(key.Trim().Length == 0 || !error.Message.Contains(key.Trim(), StringComparison.Ordinal));
    }

    private static Task<ApiReport> AskAsync(LocalServer server, Func<ApiRequest, ApiRequest>? change = null) => AskAsync(server.Uri, change);

    private static async Task<ApiReport> AskAsync(Uri uri, Func<ApiRequest, ApiRequest>? change = null)
    {
        using var route = EndpointRoute.To(uri);
        var request = new ApiRequest { Route = route, Token = ApiToken.Of(Key), Timeout = TimeSpan.FromSeconds(5) };
        return await ApiProbe.ProbeAsync(change?.Invoke(request) ?? request, TestContext.Current.CancellationToken);
    }

    private static byte[] Gateways(params (string Name, bool Connected)[] gateways) =>
        LocalServer.Json(200, $$"""{"items":[{{string.Join(',', gateways.Select(gateway => $$"""{"name":"{{gateway.Name}}","connected":{{(gateway.Connected ? "true" : "false")}}}"""))}}],"total":{{gateways.Length}}}""");

    private static byte[] Items(int count) => LocalServer.Json(200, $$"""{"items":[{{string.Join(',', Enumerable.Repeat("{}", count))}}],"total":null}""");

    /// <summary>A server that remembers what it is asked with.</summary>
    private sealed class HeadServer : IAsyncDisposable
    {
        private readonly System.Net.Sockets.TcpListener _listener = new(System.Net.IPAddress.Loopback, 0);
        private readonly Task _serving;

        public HeadServer(List<string> heads)
        {
            _listener.Start();
            Uri = new($"http://127.0.0.1:{((System.Net.IPEndPoint)_listener.LocalEndpoint).Port}");
            _serving = ServeAsync(heads);
        }

        public Uri Uri { get; }

        private async Task ServeAsync(List<string> heads)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            var buffer = new byte[8192];
            var head = new StringBuilder();
            while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await client.GetStream().ReadAsync(buffer) is > 0 and var count)
                head.Append(Encoding.ASCII.GetString(buffer, 0, count));
            heads.Add(head.ToString());
            await client.GetStream().WriteAsync(Items(0));
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }
    }
}
