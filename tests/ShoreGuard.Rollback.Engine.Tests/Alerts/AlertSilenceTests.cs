using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Alerts;

/// <summary>Silences, and what is said where an Alertmanager does not make them.</summary>
public sealed class AlertSilenceTests
{
    private const string Id = "6c88bf42-b499-43b8-8899-0986e4aa2301";
    private static readonly byte[] Status = LocalServer.Answer(
        200, "application/json", """{"versionInfo":{"version":"0.25.0"}}""", "Date: Sun, 22 Nov 2026 03:12:08 GMT\r\n");

    [Fact]
    public async Task It_is_made_by_the_clock_of_the_Alertmanager_and_told_by_ours()
    {
        await using var server = LocalServer.Of(("/api/v2/status", Status), ("/api/v2/silences", LocalServer.Json(200, $$"""{"silenceID":"{{Id}}"}""")));
        var before = DateTimeOffset.UtcNow;
        var silence = await MakeAsync(server);
        Assert.Equal((Id, SilenceState.Active, TimeSpan.FromMinutes(30)), (silence.Id, silence.State, silence.EndsAt - silence.StartsAt));
        Assert.InRange(silence.StartsAt, before, DateTimeOffset.UtcNow);

        var sent = JsonNode.Parse(server.Requests.Last().Split("\r\n\r\n")[1])!;
        Assert.Equal(("2026-11-22T03:12:08.000Z", "2026-11-22T03:42:08.000Z", "why", Environment.UserName),
            ((string)sent["startsAt"]!, (string)sent["endsAt"]!, (string)sent["comment"]!, (string)sent["createdBy"]!));
        Assert.Equal(
            """[{"name":"job","value":"shoreguard","isRegex":false,"isEqual":true},{"name":"severity","value":"info","isRegex":true,"isEqual":false}]""",
            sent["matchers"]!.ToJsonString());
    }

    public static TheoryData<string, byte[], string> Answers => new()
    {
        { "refused", LocalServer.Json(400, "\"silence invalid: at least one matcher must not match the empty string\""), "AlertmanagerRequestRefused" },
        { "denied", LocalServer.Html(403), "AlertmanagerDenied" },
        { "a page", LocalServer.Html(200), "AlertmanagerForeign" },
        { "no id", LocalServer.Json(200, "{}"), "AlertmanagerForeign" },
        { "an error", LocalServer.Json(500, "\"boom\""), "AlertmanagerFailed" },
        { "cut off", "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{\"sil"u8.ToArray(), "SilenceUncertain" },
    };

    // A request that may have been done is not made again: there would be two silences.
    [Theory]
    [MemberData(nameof(Answers))]
    public async Task What_fails_is_asked_for_once(string what, byte[] answer, string id)
    {
        await using var server = LocalServer.Of(("/api/v2/status", Status), ("/api/v2/silences", answer));
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => MakeAsync(server));
        Assert.True(id == error.Id, $"{what}: {error.Id}");
        Assert.Single(server.Asked, path => path == "/api/v2/silences");
    }

    [Fact]
    public async Task What_is_no_Alertmanager_is_not_told_of_a_silence()
    {
        await using var server = LocalServer.Always(LocalServer.Json(200, """{"status":"ok"}"""));
        Assert.Equal("AlertmanagerForeign", (await Assert.ThrowsAsync<ShoreGuardException>(() => MakeAsync(server))).Id);
        Assert.DoesNotContain(server.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_not_there_is_told_from_an_address_that_is_wrong()
    {
        await using var server = LocalServer.Always(LocalServer.Answer(404, "text/plain", ""));
        Assert.Equal("SilenceNotFound", (await Assert.ThrowsAsync<ShoreGuardException>(() => GetAsync(server))).Id);
        await using var other = LocalServer.Always(LocalServer.Answer(404, "text/plain", "404 page not found"));
        Assert.Equal("AlertmanagerForeign", (await Assert.ThrowsAsync<ShoreGuardException>(() => GetAsync(other))).Id);
    }

    [Theory]
    [InlineData("active", SilenceState.Active)]
    [InlineData("pending", SilenceState.Pending)]
    [InlineData("expired", SilenceState.Expired)]
    public async Task It_is_read_with_its_matchers(string state, SilenceState expected)
    {
        await using var server = LocalServer.Of(($"/api/v2/silence/{Id}", LocalServer.Json(200, $$"""
            {"id":"{{Id}}","status":{"state":"{{state}}"},"comment":"c","createdBy":"me","startsAt":"2026-11-29T19:59:16.693Z","endsAt":"2026-11-29T20:00:16Z",
             "matchers":[{"isEqual":false,"isRegex":true,"name":"job","value":"a|b"},{"isRegex":false,"name":"old","value":"x"}]}
            """)));
        var silence = await GetAsync(server);
        Assert.Equal((expected, "c", "me"), (silence.State, silence.Comment, silence.CreatedBy));
        Assert.Equal(["job!~\"a|b\"", "old=\"x\""], silence.Matchers);
    }

    private static Task<Silence> GetAsync(LocalServer server) =>
        AlertSilence.GetAsync(MonitorEndpoint.Alertmanager(server.Uri), Id, reporter: null, TestContext.Current.CancellationToken);

    private static Task<Silence> MakeAsync(LocalServer server) => AlertSilence.MakeAsync(new()
    {
        Alertmanager = MonitorEndpoint.Alertmanager(server.Uri),
        Selector = AlertSelector.Of("""job="shoreguard",severity!~"info" """),
        Duration = TimeSpan.FromMinutes(30),
        Comment = "why",
    }, reporter: null, TestContext.Current.CancellationToken);
}
