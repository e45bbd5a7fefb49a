using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Docker.DotNet;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Makes connections inside a container's network, through its engine: for an application that cannot be reached from here.</summary>
/// <remarks>
/// A few lines of Python, which every image of ShoreGuard has, are run inside the container and carry the bytes between the engine's
/// connection and a socket there. The engine closes their input when our connection ends, and with that they end; an alarm ends them
/// at any rate. What is asked, and how, stays with the caller.
/// </remarks>
internal sealed class ContainerRelay(IContainerEngine engine, string containerId)
{
    private const byte Connected = (byte)'+';
    private const string Script = """
        import errno, os, select, signal, socket, sys
        signal.alarm(int(sys.argv[3]))
        try:
            peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
        except OSError as error:
            sys.exit(errno.errorcode.get(error.errno, str(error)))
        output = open(1, "wb")
        def say(data):
            output.write(data)
            output.flush()
        say(b"+")
        while True:
            for ready in select.select([0, peer], [], [])[0]:
                data = os.read(0, 65536) if ready == 0 else peer.recv(65536)
                if not data:
                    sys.exit()
                (peer.sendall if ready == 0 else say)(data)
        """;

    // Each costs the engine a process; a report wants three, and many reports may be made at the same time.
    private static readonly SemaphoreSlim Opening = new(6);

    /// <summary>A connection to an address as the container sees it.</summary>
    /// <param name="host">The address, inside.</param>
    /// <param name="port">The port, inside.</param>
    /// <param name="life">How long the connection may last at most.</param>
    /// <param name="cancellation">Stops waiting for it.</param>
    /// <exception cref="SocketException">Nobody listens there, or the address cannot be reached from inside either.</exception>
    /// <exception cref="ShoreGuardException"><c>RelayFailed</c>, <c>EngineRefused</c>, <c>EngineConnectionLost</c>.</exception>
    public async Task<Stream> ConnectAsync(string host, int port, TimeSpan life, CancellationToken cancellation)
    {
        await Opening.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(life.TotalSeconds));
            string[] command = ["python3", "-I", "-S", "-c", Script, host, port.ToString(CultureInfo.InvariantCulture),
                seconds.ToString(CultureInfo.InvariantCulture)];
            var stream = await engine.AttachExecAsync(containerId, command, cancellation).ConfigureAwait(false);
            return await GreetAsync(stream, cancellation).ConfigureAwait(false);
        }
        finally
        {
            Opening.Release();
        }
    }

    private async Task<Stream> GreetAsync(MultiplexedStream stream, CancellationToken cancellation)
    {
        try
        {
            var first = new byte[1];
            var read = await stream.ReadOutputAsync(first, 0, 1, cancellation).ConfigureAwait(false);
            if (!read.EOF && read.Target == MultiplexedStream.TargetStream.StandardOut && first[0] == Connected)
                return new ExecStream(stream);
            throw Failure(read.EOF ? "" : Encoding.UTF8.GetString(first) + await RestAsync(stream, cancellation).ConfigureAwait(false));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    // The reason comes on the standard error; the engine's own, that there is no such program, on the standard output.
    private static async Task<string> RestAsync(MultiplexedStream stream, CancellationToken cancellation)
    {
        var (output, errors) = await stream.ReadOutputToEndAsync(cancellation).ConfigureAwait(false);
        return (output + errors).Trim();
    }

    private Exception Failure(string reason) => reason switch
    {
        "ECONNREFUSED" => new SocketException((int)SocketError.ConnectionRefused),
        "ETIMEDOUT" => new SocketException((int)SocketError.TimedOut),
        "EHOSTUNREACH" => new SocketException((int)SocketError.HostUnreachable),
        "ENETUNREACH" => new SocketException((int)SocketError.NetworkUnreachable),
        _ => Errors.RelayFailed(containerId, reason.Length > 0 ? reason : "it ended without a word"),
    };
}
