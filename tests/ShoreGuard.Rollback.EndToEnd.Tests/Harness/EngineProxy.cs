using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>The stack's engine, reached by TCP on loopback: with TLS, or refusing old versions of the API as an Engine 29 does.</summary>
internal sealed partial class EngineProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _refused = [];
    // Now, since a test may take the variable away for a while.
    private readonly UnixDomainSocketEndPoint _engine = new(new Uri(Stack.Require("DOCKER_HOST")).AbsolutePath);

    private EngineProxy()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Listens until it is disposed.</summary>
    /// <param name="certificate">The certificate it shows; null without TLS.</param>
    /// <param name="isClient">Which clients it lets in.</param>
    /// <param name="oldestApi">The oldest version of the API that it takes; null for any.</param>
    /// <param name="onRequest">Told of the first line of each request before the engine is.</param>
    public static EngineProxy Start(
        X509Certificate2? certificate = null, Func<X509Certificate2?, bool>? isClient = null, Version? oldestApi = null, Action<string>? onRequest = null) =>
        new() { Certificate = certificate, IsClient = isClient, OldestApi = oldestApi, OnRequest = onRequest };

    public string Host => $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
    /// <summary>The requests that were refused for their version.</summary>
    public IReadOnlyList<string> Refused
    {
        get
        {
            lock (_refused)
                return [.. _refused];
        }
    }

    private X509Certificate2? Certificate { get; init; }
    private Func<X509Certificate2?, bool>? IsClient { get; init; }
    private Version? OldestApi { get; init; }
    private Action<string>? OnRequest { get; init; }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var theirs = await SecureAsync(client.GetStream());
            // Closed after one answer, so that each request's first line is seen; one that takes the connection over keeps it.
            var head = await ReadHeadAsync(theirs);
            OnRequest?.Invoke(head.Split('\n')[0].TrimEnd('\r'));
            if (IsTooOld(head))
            {
                await theirs.WriteAsync(Refusal(head));
                return;
            }
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(_engine);
            await using var engine = new NetworkStream(socket);
            var closing = head.Contains("\nConnection:", StringComparison.OrdinalIgnoreCase) ? head : head[..^2] + "Connection: close\r\n\r\n";
            await engine.WriteAsync(Encoding.Latin1.GetBytes(closing));
            var upload = theirs.CopyToAsync(engine, _stop.Token);
            await engine.CopyToAsync(theirs, _stop.Token);
        }
        catch (Exception error) when (error is IOException or SocketException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
        {
            // Whoever was connected sees it by itself.
        }
    }

    private async Task<Stream> SecureAsync(Stream stream)
    {
        if (Certificate is null)
            return stream;
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = Certificate,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsClient!(certificate as X509Certificate2),
        });
        return secure;
    }

    private static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        // Docker.DotNet ends its lines with a line feed alone, all but the last.
        while (head is not [.., (byte)'\n', (byte)'\r', (byte)'\n'])
        {
            if (await stream.ReadAsync(one) == 0)
                throw new IOException("The client has gone.");
            head.Add(one[0]);
        }
        return Encoding.Latin1.GetString([.. head]);
    }

    private bool IsTooOld(string head) =>
        OldestApi is not null && VersionInPath().Match(head) is { Success: true } match && Version.Parse(match.Groups[1].Value) < OldestApi;

    // The status and the sentence are moby's (daemon/server/middleware/version.go).
    private byte[] Refusal(string head)
    {
        lock (_refused)
            _refused.Add(head.Split('\r')[0]);
        var body = $$"""{"message":"client version is too old. Minimum supported API version is {{OldestApi}}, please upgrade your client to a newer version"}""";
        return Encoding.UTF8.GetBytes(
            $"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
    }

    [GeneratedRegex(@"\A[A-Z]+ /v(\d+\.\d+)/")]
    private static partial Regex VersionInPath();

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }
}
