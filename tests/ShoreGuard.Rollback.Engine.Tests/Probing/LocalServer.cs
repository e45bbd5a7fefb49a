using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

/// <summary>A server on loopback that says, byte for byte, what a test wants: a real answer, half of one, garbage, or nothing.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    public delegate Task Behaviour(string path, Stream connection, CancellationToken cancellation);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<string, Stream, CancellationToken, Task> _behaviour;
    private readonly X509Certificate2? _certificate;
    private readonly Task _loop;

    public LocalServer(Behaviour behaviour, X509Certificate2? certificate = null)
        : this(certificate, (request, connection, cancellation) => behaviour(TargetOf(request), connection, cancellation))
    {
    }

    private LocalServer(X509Certificate2? certificate, Func<string, Stream, CancellationToken, Task> behaviour)
    {
        _behaviour = behaviour;
        _certificate = certificate;
        _listener.Start();
        _loop = Task.Run(AcceptAsync);
    }

    public Uri Uri => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Every path that was asked, with its query.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Every request, its head and what follows.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>A server that gives the same bytes for a path whenever it is asked; other paths are ShoreGuard's own 404.</summary>
    public static LocalServer Of(params (string Path, byte[] Answer)[] answers) =>
        new((path, connection, cancellation) =>
            connection.WriteAsync(answers.FirstOrDefault(answer => answer.Path == path).Answer ?? Real("not-found-404"), cancellation).AsTask());

    /// <summary>A server that looks at the whole question, and gives the content of its answer.</summary>
    /// <remarks>.NET's own is http.sys on Windows: it wants an administrator there, and Wine's leaves some requests without an answer.</remarks>
    public static LocalServer Exchanging(Func<HttpExchange, byte[]> answer) => new(null, async (request, connection, cancellation) =>
    {
        if (request.Length == 0)
            return;
        var exchange = new HttpExchange(request);
        await connection.WriteAsync(exchange.Answer(answer(exchange)), cancellation);
    });

    /// <summary>One answer for the three probes.</summary>
    public static LocalServer Always(byte[] answer) => new((_, connection, cancellation) => connection.WriteAsync(answer, cancellation).AsTask());

    /// <summary>A whole answer of the real ShoreGuard; but for the next question there is another connection, as this server has it.</summary>
    public static byte[] Real(string name)
    {
        var answer = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "http", name + ".http"));
        var first = answer.AsSpan().IndexOf("\r\n"u8) + 2;
        return [.. answer.AsSpan(0, first), .. "Connection: close\r\n"u8, .. answer.AsSpan(first)];
    }

    public static byte[] Json(int status, string body) => Answer(status, "application/json", body);

    public static byte[] Html(int status, string body = "<!doctype html><title>Sign in</title>") => Answer(status, "text/html", body);

    public static byte[] Answer(int status, string type, string body, string headers = "") =>
        Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} X\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{headers}\r\n{body}");

    /// <summary>The three probes of a well ShoreGuard, one of them replaced.</summary>
    public static LocalServer Healthy(string? path = null, byte[]? instead = null) => Of(
        ("/healthz", path == "/healthz" ? instead! : Real("healthz")),
        ("/readyz?verbose=1", path == "/readyz?verbose=1" ? instead! : Ready),
        ("/version", path == "/version" ? instead! : Real("version")));

    public static byte[] Ready => Json(200, """{"status":"ready","checks":{"database":"ok","database_latency_ms":0.4,"gateway_service":"ok","gateways_total":2,"gateways_connected":2,"background_cleanup":"ok","background_cleanup_age_s":1.9}}""");

    public static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=shoreguard.invalid", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        _listener.Stop();
        await _loop;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                Stream connection = client.GetStream();
                if (_certificate is not null)
                {
                    var secure = new SslStream(connection);
                    await secure.AuthenticateAsServerAsync(_certificate);
                    connection = secure;
                }
                using (connection)
                {
                    var request = await ReadRequestAsync(connection);
                    // A client opens more connections at once than it has questions.
                    if (request.Length > 0)
                    {
                        Asked.Enqueue(TargetOf(request));
                        Requests.Enqueue(request);
                    }
                    await _behaviour(request, connection, _stopping.Token);
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The other end went away, which some tests want.
        }
    }

    private static async Task<string> ReadRequestAsync(Stream connection)
    {
        var head = await ReadUntilAsync(connection, HttpExchange.EndOfHead);
        // Unread, it would reset the connection before the answer is there.
        if (HttpExchange.HeaderOf(head, "Transfer-Encoding") == "chunked")
            return head + await ReadChunksAsync(connection);
        return head + await ReadAsync(connection, int.Parse(HttpExchange.HeaderOf(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture));
    }

    private static async Task<string> ReadChunksAsync(Stream connection)
    {
        var body = new StringBuilder();
        while (true)
        {
            var length = int.Parse((await ReadUntilAsync(connection, "\r\n")).Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Append(await ReadAsync(connection, length));
            await ReadUntilAsync(connection, "\r\n");
            if (length == 0)
                return body.ToString();
        }
    }

    private static async Task<string> ReadUntilAsync(Stream connection, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[1];
        while (!EndsWith(text, end) && await connection.ReadAsync(buffer) > 0)
            text.Append((char)buffer[0]);
        return text.ToString();
    }

    private static bool EndsWith(StringBuilder text, string end) => text.Length >= end.Length && text.ToString(text.Length - end.Length, end.Length) == end;

    private static async Task<string> ReadAsync(Stream connection, int length)
    {
        var bytes = new byte[length];
        return Encoding.Latin1.GetString(bytes, 0, await connection.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false));
    }

    private static string TargetOf(string request) => request.Split(' ') is [_, var target, ..] ? target : "";
}
