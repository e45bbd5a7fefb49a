using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Engine.Observing;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Tests.Alerts;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Observing;

/// <summary>What the alerts say of a build that is watched.</summary>
public sealed class ObservedAlertsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Fact]
    public async Task One_that_began_after_the_deploy_is_a_regression()
    {
        var look = await LookAsync(new("HighErrorRate", Now.AddMinutes(-2), Now.AddHours(1)), new("ShoreGuardDown", Now.AddHours(-3), Now.AddHours(1)));
        Assert.Equal(("Alerts", "Firing: HighErrorRate", LookVerdict.Unwell), (look.What, look.State, look.Verdict));
        Assert.Contains("HighErrorRate: ", look.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_fired_before_may_take_its_time_to_end()
    {
        var look = await LookAsync(new FakePrometheus.Fired("ShoreGuardDown", Now.AddHours(-3), Now.AddHours(1)));
        Assert.Equal(("Firing since before: ShoreGuardDown", LookVerdict.Well), (look.State, look.Verdict));
    }

    [Fact]
    public async Task One_that_has_ended_is_clear()
    {
        var look = await LookAsync(new FakePrometheus.Fired("HighErrorRate", Now.AddMinutes(-8), Now.AddMinutes(-4)));
        Assert.Equal(("Clear", LookVerdict.Well), (look.State, look.Verdict));
    }

    [Fact]
    public async Task A_Prometheus_that_cannot_be_asked_says_nothing_of_the_build()
    {
        var look = await LookAsync(new Uri("http://127.0.0.1:9/prom"));
        Assert.Equal(("Unknown", LookVerdict.Unknown), (look.State, look.Verdict));
        Assert.NotNull(look.Recommendation);
    }

    private static async Task<Look> LookAsync(params FakePrometheus.Fired[] alerts)
    {
        await using var server = new FakePrometheus { Alerts = alerts }.Start();
        return await LookAsync(new Uri(server.Uri, "prom"));
    }

    private static async Task<Look> LookAsync(Uri prometheus)
    {
        using var watched = new Deployed();
        var observed = new ObservedAlerts(new() { Deployment = watched.Deployment, Prometheus = MonitorEndpoint.Prometheus(prometheus) }, watched);
        return Assert.Single(await observed.LookAsync(TestContext.Current.CancellationToken));
    }

    // A container that was made ten minutes ago.
    private sealed class Deployed : IWatched
    {
        public TimeProvider Clock => TimeProvider.System;
        public Uri Uri { get; } = new("http://127.0.0.1:8888/");
        public EndpointRoute? Route => null;
        public string What => "Health";
        public TimeSpan Every => TimeSpan.Zero;

        public Deployment Deployment { get; } = new()
        {
            Name = "prod", ContainerId = "c", Image = "r/x:0.27.0", ImageId = "sha256:0", State = "running", DockerHost = "unix:///docker.sock",
            Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:////x" }, CreatedAt = Now.AddMinutes(-10), StartedAt = Now.AddMinutes(-10),
        };

        Deployment? IWatched.Deployment => Deployment;

        public Task<IReadOnlyList<Look>> LookAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<Look>>([]);

        public void Dispose()
        {
        }
    }
}
