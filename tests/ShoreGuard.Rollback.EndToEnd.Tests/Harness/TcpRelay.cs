using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A way to a server of this machine that can be cut so that the client notices, and the server does not.</summary>
internal sealed class TcpRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly ConcurrentBag<TcpClient> _servers = [];

    public TcpRelay(int port)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, port);
                _clients.Add(client);
                _servers.Add(server);
                _ = PassAsync(client, server);
                _ = PassAsync(server, client);
            }
        });
    }

    public int Port { get; }

    /// <summary>Cuts every connection that there is; new ones get through.</summary>
    public void Cut()
    {
        while (_clients.TryTake(out var client))
            client.Dispose();
    }

    public void Dispose()
    {
        _listener.Stop();
        Cut();
        while (_servers.TryTake(out var server))
            server.Dispose();
    }

    // The end of one direction is not told to the other side.
    private static async Task PassAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
