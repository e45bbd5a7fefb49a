using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>What earlier switches took is what the next one is expected to take.</summary>
public sealed class OutageHistoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    private StateStore State => new(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(new[] { 300.0 }, 300.0, "about 300 ms (measured the last time)")]
    [InlineData(new[] { 300.0, 100.0 }, 200.0, "about 200 ms (the median of the last 2 times)")]
    [InlineData(new[] { 9000.0, 200.0, 400.0 }, 400.0, "about 400 ms (the median of the last 3 times)")]
    public void The_median_counts(double[] measured, double expected, string spoken)
    {
        foreach (var milliseconds in measured)
            State.Outages.Remember(Result(milliseconds));
        var known = State.Outages.Expect(Deployment("prod"), SwitchStrategy.Recreate);
        Assert.Equal((TimeSpan.FromMilliseconds(expected), measured.Length, spoken), (known!.Duration, known.Measured, known.ToString()));
    }

    [Fact]
    public void Only_the_latest_ones_count()
    {
        for (var number = 0; number < 9; number++)
            State.Outages.Remember(Result(5000));
        for (var number = 0; number < 9; number++)
            State.Outages.Remember(Result(100));
        Assert.Equal(TimeSpan.FromMilliseconds(100), State.Outages.Expect(Deployment("prod"), SwitchStrategy.Recreate)!.Duration);
    }

    [Fact]
    public void What_another_deployment_or_another_strategy_took_and_what_failed_or_is_not_over_says_nothing()
    {
        Assert.Null(State.Outages.Expect(Deployment("prod"), SwitchStrategy.Recreate));
        State.Outages.Remember(Result(1) with { Succeeded = false });
        State.Outages.Remember(Result(1) with { Outage = null });
        State.Outages.Remember(Result(1) with { Outage = new() { Duration = TimeSpan.Zero, Probes = 1, Failed = 1, Began = DateTimeOffset.UtcNow } });
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        State.Outages.Remember(Result(1));
        Assert.Null(State.Outages.Expect(Deployment("prod"), SwitchStrategy.HotSwap));
        Assert.Null(State.Outages.Expect(Deployment("test"), SwitchStrategy.Recreate));
    }

    private static ImageRollbackResult Result(double milliseconds) => new()
    {
        Succeeded = true,
        Reverted = false,
        Name = "prod",
        ImageBefore = "x:2",
        Image = "x:1",
        Strategy = SwitchStrategy.Recreate,
        StrategyReason = "",
        Outage = new() { Duration = TimeSpan.FromMilliseconds(milliseconds), Probes = 9, Failed = 1 },
        Steps = [],
        Duration = TimeSpan.Zero,
        Deployment = Deployment("prod"),
    };

    private static Deployment Deployment(string name) => new()
    {
        Name = name,
        ContainerId = "c",
        Image = "x:1",
        ImageId = "i",
        State = "running",
        DockerHost = "unix:///x",
        Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:///x" },
    };
}
