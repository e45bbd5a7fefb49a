using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

/// <summary>An engine that says that it is there, and then nothing more: it hangs, as one does that waits for a disk.</summary>
public sealed class SilentEngineTests
{
    [Fact]
    public async Task It_is_told_and_is_no_stop_that_nobody_asked_for()
    {
        using var end = new ManualResetEventSlim();
        await using var server = LocalServer.Exchanging(exchange =>
        {
            if (exchange.Path != "/_ping")
                end.Wait(TimeSpan.FromSeconds(20));
            return "OK"u8.ToArray();
        });
        var cancellation = TestContext.Current.CancellationToken;
        using var engine = await DockerEngine.ConnectAsync($"tcp://{server.Uri.Authority}", cancellation, TimeSpan.FromSeconds(0.3));
        foreach (var call in (Func<Task>[])[
            () => engine.InspectContainerAsync("prod", cancellation),
            () => engine.ListContainersAsync([], cancellation),
            () => engine.StartContainerAsync("prod", cancellation)])
        {
            var error = await Assert.ThrowsAsync<ShoreGuardException>(call);
            Assert.Equal("EngineConnectionLost", error.Id);
            Assert.Contains("not answered", error.Message, StringComparison.Ordinal);
        }
        end.Set();
    }
}
