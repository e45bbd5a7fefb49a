using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Tests.Operations;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

/// <summary>A gate that asks the API of what is ready.</summary>
public sealed class SmokeGateTests : IAsyncDisposable
{
    private const string Id = "aaaaaaaaaaaa1111111111111111111111111111111111111111111111111111";
    private const string List = "/api/gateway/list", Key = "sg_c2VjcmV0";
    private readonly FakeEngine _engine = new();

    [Theory]
    [InlineData(200, """{"items":[],"total":0}""", true, 1, "")]
    [InlineData(200, """{"items":[{"name":"gw1","connected":false}],"total":1}""", true, 1, "")]
    [InlineData(500, """{"detail":"boom"}""", false, 3, "its API does not work: /api/gateway/list: HTTP 500: boom")]
    [InlineData(422, """{"detail":"no"}""", false, 3, "its API does not work: /api/gateway/list: HTTP 422")]
    [InlineData(401, """{"detail":"no"}""", false, 1, "whether its API works could not be told: The API does not accept the key")]
    [InlineData(403, """{"detail":"no"}""", false, 1, "whether its API works could not be told: The key's role is not enough")]
    [InlineData(429, """{"detail":"no"}""", false, 1, "whether its API works could not be told: The limit of requests")]
    public async Task What_is_ready_passes_only_when_its_API_is_known_to_work(int status, string body, bool passes, int asked, string reason)
    {
        await using var server = Ready(LocalServer.Json(status, body));
        var result = await WatchAsync(server, ApiToken.Of(Key));
        Assert.Equal(passes, result.Passed);
        Assert.Equal(asked, server.Asked.Count(path => path == List));
        Assert.Equal(passes, result.Api!.Works);
        Assert.Contains(reason, result.Reason ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain(Key, $"{result} {result.Reason} {string.Join(' ', result.Api.Calls)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_it_is_not_asked()
    {
        await using var server = Ready(LocalServer.Json(500, "{}"));
        var result = await WatchAsync(server, token: null);
        Assert.True(result.Passed);
        Assert.Null(result.Api);
        Assert.DoesNotContain(List, server.Asked);
    }

    private async Task<GateResult> WatchAsync(LocalServer server, ApiToken? token)
    {
        _engine[$"/containers/{Id}/json"] = new()
        {
            ["Id"] = Id,
            ["Name"] = "/prod-shoreguard-1",
            ["RestartCount"] = 0,
            ["State"] = new JsonObject { ["Status"] = "running", ["Running"] = true },
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = "host" },
        };
        using var engine = await ContainerEngines.ConnectAsync(_engine.Host, TestContext.Current.CancellationToken);
        var rules = new GateRules { Patience = TimeSpan.FromSeconds(10), Stability = TimeSpan.Zero, SmokeToken = token };
        return await new HealthGate(engine, rules, isAskedInside: false, SilentReporter.Instance)
            .WatchAsync(Id, server.Uri, new() { Source = "" }, new(engine.Clock), TestContext.Current.CancellationToken);
    }

    private static LocalServer Ready(byte[] list) => new((path, connection, cancellation) => connection.WriteAsync(path switch
    {
        "/healthz" => LocalServer.Real("healthz"),
        "/readyz?verbose=1" => LocalServer.Ready,
        "/version" => LocalServer.Real("version"),
        List => list,
        _ => LocalServer.Real("not-found-404"),
    }, cancellation).AsTask());

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
