using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Asks an address for nothing but its HTTP status, each time on a connection of its own, as a new client would.</summary>
/// <remarks>
/// While an application starts, it needs the processor, and it is asked many times a second: what is called that often is compiled once more
/// for speed by the runtime, in the middle of the outage. Of HttpClient that was a thousand methods, a quarter of a core all the while; of
/// this it is a few dozen. No call here throws where nothing answers: an exception costs more than the question.
/// </remarks>
internal sealed class Knock : IDisposable
{
    // "HTTP/1.1 200"
    private const int StatusLength = 12;

    private readonly EndPoint _address;
    private readonly TimeSpan _patience;
    private readonly byte[] _request;
    private readonly byte[] _answer = new byte[256];
    private readonly SocketAsyncEventArgs _call = new();
    private TaskCompletionSource<SocketError> _called = new();

    /// <summary>Prepares it.</summary>
    /// <param name="uri">What is asked, by plain HTTP and no proxy.</param>
    /// <param name="patience">How long one question may take, from the name's resolution to the status.</param>
    public Knock(Uri uri, TimeSpan patience)
    {
        _patience = patience;
        _address = IPAddress.TryParse(uri.DnsSafeHost, out var address) ? new IPEndPoint(address, uri.Port) : new DnsEndPoint(uri.DnsSafeHost, uri.Port);
        _request = Encoding.ASCII.GetBytes(
            $"GET {uri.PathAndQuery} HTTP/1.1\r\nHost: {uri.IdnHost}:{uri.Port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
        _call.Completed += (_, call) => _called.SetResult(call.SocketError);
    }

    /// <summary>Whether an address can be asked so.</summary>
    public static bool CanAsk(Uri uri) => uri.Scheme == Uri.UriSchemeHttp;

    /// <summary>The status; null where none came, which <paramref name="cancellation"/> may be the reason for. Throws nothing. One question at a
    /// time.</summary>
    public async Task<int?> AskAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_patience);
        using var socket = _address is IPEndPoint { AddressFamily: var family }
            ? new Socket(family, SocketType.Stream, ProtocolType.Tcp) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var end = limit.Token.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        try
        {
            _call.RemoteEndPoint = _address;
            if (!await SucceedsAsync(socket.ConnectAsync).ConfigureAwait(false))
                return null;
            _call.SetBuffer(_request);
            if (!await SucceedsAsync(socket.SendAsync).ConfigureAwait(false))
                return null;
            for (var length = 0; length < StatusLength; length += _call.BytesTransferred)
            {
                _call.SetBuffer(_answer, length, _answer.Length - length);
                if (!await SucceedsAsync(socket.ReceiveAsync).ConfigureAwait(false) || _call.BytesTransferred == 0)
                    return null;
            }
            return StatusOf(_answer);
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            // The time was over between two of the calls, or the name means nothing.
            return null;
        }
        finally
        {
            _call.SetBuffer(null, 0, 0);
        }
    }

    private async ValueTask<bool> SucceedsAsync(Func<SocketAsyncEventArgs, bool> call)
    {
        _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return (call(_call) ? await _called.Task.ConfigureAwait(false) : _call.SocketError) == SocketError.Success;
    }

    /// <summary>The status in the first bytes of an answer; null where they are not HTTP's.</summary>
    internal static int? StatusOf(ReadOnlySpan<byte> answer) =>
        answer.Length >= StatusLength && answer.StartsWith("HTTP/1."u8) && answer[8] == ' '
        && answer[9] is >= (byte)'1' and <= (byte)'5' && char.IsAsciiDigit((char)answer[10]) && char.IsAsciiDigit((char)answer[11])
            ? (100 * (answer[9] - '0')) + (10 * (answer[10] - '0')) + answer[11] - '0' : null;

    /// <inheritdoc/>
    public void Dispose() => _call.Dispose();
}
