using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Observing;
using ShoreGuard.Rollback.Engine.Tests.Probing;
using ShoreGuard.Rollback.Engine.Tests.Operations;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Observing;

/// <summary>A container that is watched through its engine and at its published port: what silence means, and who is in its place.</summary>
public sealed class WatchedDeploymentTests : IAsyncDisposable
{
    private const string Name = "prod-shoreguard-1";
    private const string Id = "aaaaaaaaaaaa1111111111111111111111111111111111111111111111111111";
    private static readonly DateTimeOffset Long = DateTimeOffset.UtcNow.AddHours(-1);

    private readonly FakeEngine _engine = new();
    private readonly List<ObservationChange> _changes = [];

    [Fact]
    public async Task One_that_is_well_holds()
    {
        await using var server = LocalServer.Healthy();
        Describe(server.Uri.Port);
        var result = await WatchAsync(300);
        Assert.Equal((ObservationOutcome.Held, Name, Id), (result.Outcome, result.Name, result.Deployment!.ContainerId));
        Assert.Equal(server.Uri, result.Uri);
        Assert.Empty(_changes);
    }

    [Theory]
    [InlineData("healthy", "Inconclusive", "NotReachable")]
    [InlineData(null, "Inconclusive", "NotReachable")]
    [InlineData("unhealthy", "Regressed", "Unreachable")]
    public async Task One_that_was_never_reached_from_here_is_believed_its_own_health_check(string? health, string outcome, string state)
    {
        Describe(ClosedPort(), health: health);
        var result = await WatchAsync(600);
        Assert.Equal(outcome, result.Outcome.ToString());
        if (result.Outcome == ObservationOutcome.Regressed)
            Assert.Equal(state, Assert.Single(_changes).To);
        else
            Assert.Contains("cannot be reached from here", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_was_just_started_may_be_silent()
    {
        Describe(ClosedPort(), started: DateTimeOffset.UtcNow, health: "unhealthy");
        var result = await WatchAsync(600);
        Assert.Equal((ObservationOutcome.Inconclusive, null), (result.Outcome, result.Availability));
        Assert.Contains("It was started", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_was_reached_and_falls_silent_has_regressed_whatever_its_health_check_says()
    {
        var server = LocalServer.Healthy();
        Describe(server.Uri.Port, health: "healthy");
        var watching = WatchAsync(10_000);
        await AskedAsync(server);
        await server.DisposeAsync();
        var result = await watching;
        Assert.Equal(ObservationOutcome.Regressed, result.Outcome);
        Assert.Equal(("Health", "Unreachable"), (Assert.Single(_changes).What, _changes[0].To));
        Assert.InRange(result.Availability!.Value, 0.01, 0.99);
    }

    [Fact]
    public async Task Another_container_of_its_name_ends_it_at_once_with_what_runs_now()
    {
        await using var server = LocalServer.Healthy();
        Describe(server.Uri.Port);
        var watching = WatchAsync(10_000);
        await AskedAsync(server);
        Describe(server.Uri.Port, id: Id.Replace('a', 'b'));
        var result = await watching;
        Assert.Equal(ObservationOutcome.Inconclusive, result.Outcome);
        Assert.Equal(Id.Replace('a', 'b'), result.Deployment!.ContainerId);
        var change = Assert.Single(_changes);
        Assert.Equal(("Container", false), (change.What, change.IsRegression));
        Assert.StartsWith("running since ", change.From, StringComparison.Ordinal);
        Assert.StartsWith("replaced by bbbbbbbbbbbb", change.To, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_engine_falls_silent_whether_it_is_still_the_same_is_not_known()
    {
        await using var server = LocalServer.Healthy();
        Describe(server.Uri.Port);
        var watching = WatchAsync(5000);
        await AskedAsync(server);
        await _engine.DisposeAsync();
        var result = await watching;
        Assert.Equal((ObservationOutcome.Inconclusive, 1.0), (result.Outcome, result.Availability));
        Assert.StartsWith("Container could not be judged", result.Explanation, StringComparison.Ordinal);
    }

    private Task<ObservationResult> WatchAsync(int milliseconds) => DeploymentObservation.RunAsync(new()
    {
        Deployment = new()
        {
            Name = Name,
            ContainerId = Id,
            Image = "shoreguard:0.27.0",
            ImageId = "sha256:1",
            State = "running",
            DockerHost = _engine.Host,
            Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:////data/shoreguard.db" },
        },
        Window = TimeSpan.FromMilliseconds(milliseconds),
        Interval = TimeSpan.FromMilliseconds(100),
        Settling = TimeSpan.FromMilliseconds(250),
    }, _changes.Add, SilentReporter.Instance, TestContext.Current.CancellationToken);

    private static async Task AskedAsync(LocalServer server)
    {
        for (var wait = 0; server.Asked.Count < 9 && wait < 1000; wait++)
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }

    private void Describe(int port, string id = Id, DateTimeOffset? started = null, string? health = null)
    {
        var state = new JsonObject { ["Status"] = "running", ["Running"] = true, ["ExitCode"] = 0, ["StartedAt"] = (started ?? Long).ToString("O") };
        if (health is not null)
            state["Health"] = new JsonObject { ["Status"] = health };
        _engine[$"/containers/{Name}/json"] = new()
        {
            ["Id"] = id,
            ["Name"] = $"/{Name}",
            ["Image"] = "sha256:1",
            ["RestartCount"] = 0,
            ["State"] = state,
            ["Config"] = new JsonObject { ["Image"] = "shoreguard:0.27.0" },
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = "bridge" },
            ["NetworkSettings"] = new JsonObject
            {
                ["Networks"] = new JsonObject { ["bridge"] = new JsonObject { ["NetworkID"] = "n", ["IPAddress"] = "192.0.2.2" } },
                ["Ports"] = new JsonObject { ["8888/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = $"{port}" }) },
            },
        };
    }

    private static int ClosedPort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
