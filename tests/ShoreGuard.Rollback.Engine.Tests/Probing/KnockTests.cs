using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using ShoreGuard.Rollback.Engine.Probing;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

/// <summary>The cheap question of an outage: a status where HTTP answers, and nothing in every other case, in time and without an exception.</summary>
public sealed class KnockTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    public static TheoryData<string, int?> Answers => new()
    {
        { "HTTP/1.1 200 OK\r\n\r\n", 200 },
        { "HTTP/1.0 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 503 },
        { "HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", 302 },
        { "HTTP/1.1 2", null },
        { "SSH-2.0-OpenSSH_9.6\r\n", null },
        { "HTTP/1.1 999 ?\r\n\r\n", null },
        { "", null },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Its_answer_is_the_status_alone(string answer, int? status)
    {
        await using var server = LocalServer.Always(Encoding.ASCII.GetBytes(answer));
        using var knock = new Knock(new Uri(server.Uri, "healthz?x=1"), Patience);
        for (var time = 0; time < 3; time++)
            Assert.Equal(status, await knock.AskAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, server.Asked.Count);
        Assert.All(server.Asked, path => Assert.Equal("/healthz?x=1", path));
    }

    [Fact]
    public async Task An_answer_that_comes_byte_by_byte_is_one()
    {
        await using var server = new LocalServer(async (_, connection, cancellation) =>
        {
            foreach (var letter in "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray())
            {
                await connection.WriteAsync(new[] { letter }, cancellation);
                await Task.Delay(5, cancellation);
            }
        });
        using var knock = new Knock(server.Uri, TimeSpan.FromSeconds(5));
        Assert.Equal(204, await knock.AskAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_name_leads_to_all_its_addresses()
    {
        await using var server = LocalServer.Always("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        using var knock = new Knock(new UriBuilder(server.Uri) { Host = "localhost" }.Uri, TimeSpan.FromSeconds(5));
        Assert.Equal(200, await knock.AskAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_port_where_nobody_listens_a_name_that_means_nothing_and_one_who_says_nothing()
    {
        var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        foreach (var address in new[] { $"http://127.0.0.1:{port}/", $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/", "http://name.invalid/" })
        {
            using var knock = new Knock(new(address), Patience);
            Assert.Null(await knock.AskAsync(TestContext.Current.CancellationToken));
            Assert.Null(await knock.AskAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task It_can_be_stopped_while_it_waits_and_asked_again()
    {
        var isSilent = true;
        await using var server = new LocalServer(async (_, connection, cancellation) =>
        {
            if (isSilent)
                await Task.Delay(TimeSpan.FromSeconds(30), cancellation);
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), cancellation);
        });
        using var knock = new Knock(server.Uri, TimeSpan.FromSeconds(20));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var asked = knock.AskAsync(stop.Token);
        Assert.Null(await asked.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        isSilent = false;
        Assert.Equal(200, await knock.AskAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void No_bytes_make_it_throw() =>
        Gen.OneOf(Foreign.Bytes, Foreign.Bytes.Select(rest => (byte[])[.. "HTTP/1.1 "u8, .. rest]))
            .Sample(bytes => Knock.StatusOf(bytes) is null or (>= 100 and <= 599));
}
