using System.IO.Pipes;
using System.Text;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

/// <summary>A Docker Engine behind a named pipe.</summary>
public sealed class DockerPipeTests
{
    [Theory]
    [InlineData("npipe:////./pipe/dockerDesktopLinuxEngine")]
    [InlineData("npipe://./pipe/dockerDesktopLinuxEngine")]
    [InlineData(@"npipe:\\.\pipe\dockerDesktopLinuxEngine")]
    [InlineData("NPIPE:////./pipe/dockerDesktopLinuxEngine")]
    public void Every_spelling_is_one_engine(string text)
    {
        var endpoint = DockerEndpoint.Resolve(text);
        Assert.Equal("npipe:////./pipe/dockerDesktopLinuxEngine", endpoint.ToString());
        Assert.Equal("npipe://./pipe/dockerDesktopLinuxEngine", endpoint.Uri.ToString());
    }

    [Theory]
    [InlineData("npipe://")]
    [InlineData("npipe:////./pipe/")]
    [InlineData("npipe:////./docker")]
    [InlineData("npipe:////./pipe/a/b")]
    public void What_names_no_pipe_is_refused(string text) =>
        Assert.Equal("DockerHostInvalid", Assert.Throws<ShoreGuardException>(() => DockerEndpoint.Resolve(text)).Id);

    [Fact]
    public async Task It_is_reached()
    {
        var name = $"sgtest-{Guid.NewGuid():n}";
        await using var server = new NamedPipeServerStream(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous);
        var serving = AnswerAsync(server);
        var engine = await DockerEngine.ConnectAsync($"npipe:////./pipe/{name}", TestContext.Current.CancellationToken);
        Assert.Equal($"npipe:////./pipe/{name}", engine.Host);
        await serving;
    }

    [Fact]
    public async Task One_that_is_not_there_is_told_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Of Windows; elsewhere .NET waits for one.");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() =>
            DockerEngine.ConnectAsync("npipe:////./pipe/sgtest-none", TestContext.Current.CancellationToken));
        Assert.Equal("EngineUnreachable", error.Id);
        Assert.Contains("there is no such pipe", error.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 3);
    }

    // Docker.DotNet alone waits a tenth of a second.
    [Fact]
    public async Task One_that_is_busy_is_waited_for_and_one_that_breaks_is_a_lost_connection()
    {
        var name = $"sgtest-{Guid.NewGuid():n}";
        var cancellation = TestContext.Current.CancellationToken;
        NamedPipeServerStream Listen() => new(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous);
        DockerEngine engine;
        await using (var first = Listen())
        {
            var serving = AnswerAsync(first);
            engine = await DockerEngine.ConnectAsync($"npipe:////./pipe/{name}", cancellation);
            await serving;
        }
        using var _ = engine;
        // Nobody listens for a while, as between two clients; then somebody hangs up on the request.
        var listing = engine.ListContainersAsync([], cancellation);
        await Task.Delay(500, cancellation);
        await using (var second = Listen())
        {
            await second.WaitForConnectionAsync(cancellation);
            Assert.NotEqual(0, await second.ReadAsync(new byte[4096], cancellation));
        }
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => listing);
        Assert.Equal("EngineConnectionLost", error.Id);
    }

    private static async Task AnswerAsync(NamedPipeServerStream server)
    {
        await server.WaitForConnectionAsync();
        var buffer = new byte[4096];
        var request = new StringBuilder();
        while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await server.ReadAsync(buffer) is > 0 and var count)
            request.Append(Encoding.ASCII.GetString(buffer, 0, count));
        Assert.StartsWith("GET /_ping ", request.ToString(), StringComparison.Ordinal);
        await server.WriteAsync("HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Length: 2\r\n\r\nOK"u8.ToArray());
    }
}
