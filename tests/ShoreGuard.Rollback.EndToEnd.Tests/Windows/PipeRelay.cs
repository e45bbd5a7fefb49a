using System;
using System.IO;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Windows;

/// <summary>A named pipe behind which an engine answers that listens on loopback. Compiled by the PowerShell that the pipe is for, too.</summary>
public static class PipeRelay
{
    /// <summary>Serves whoever connects, until the process ends.</summary>
    /// <param name="pipe">The pipe's name.</param>
    /// <param name="port">The engine's port on loopback.</param>
    public static void Start(string pipe, int port) => _ = Task.Run(async () =>
    {
        while (true)
        {
            var client = new NamedPipeServerStream(pipe, PipeDirection.InOut, NamedPipeServerStream.MaxAllowedServerInstances,
                PipeTransmissionMode.Byte, PipeOptions.Asynchronous);
            await client.WaitForConnectionAsync();
            _ = ServeAsync(client, port);
        }
    });

    private static async Task ServeAsync(NamedPipeServerStream client, int port)
    {
        using (client)
        using (var engine = new TcpClient())
        {
            try
            {
                await engine.ConnectAsync("127.0.0.1", port);
                await Task.WhenAny(client.CopyToAsync(engine.GetStream()), engine.GetStream().CopyToAsync(client));
            }
            catch (Exception error) when (error is IOException || error is SocketException)
            {
                // Whoever was connected sees it by itself.
            }
        }
    }
}
