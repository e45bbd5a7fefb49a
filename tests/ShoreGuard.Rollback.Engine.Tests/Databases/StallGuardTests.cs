using ShoreGuard.Rollback.Engine.Databases.Postgres;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class StallGuardTests
{
    [Fact]
    public async Task A_writer_that_writes_nothing_more_is_ended()
    {
        await using var target = new MemoryStream();
        await using var guard = new StallGuard(target, TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
        await guard.WriteAsync("some"u8.ToArray(), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, guard.Token));
        Assert.True(guard.HasStalled);
        Assert.Equal("some"u8.ToArray(), target.ToArray());
    }

    [Fact]
    public async Task What_is_stopped_has_not_stalled()
    {
        using var stop = new CancellationTokenSource();
        await using var guard = new StallGuard(Stream.Null, TimeSpan.FromMinutes(10), stop.Token);
        await guard.WriteAsync("some"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.False(guard.Token.IsCancellationRequested);
        await stop.CancelAsync();
        Assert.True(guard.Token.IsCancellationRequested);
        Assert.False(guard.HasStalled);
    }
}
