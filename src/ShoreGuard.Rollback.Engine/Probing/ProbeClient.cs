using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Asks an endpoint for JSON. Every way in which that can go wrong is an answer; only cancellation throws.</summary>
/// <remarks>One client per report: a kept-alive connection could still lead to the container that was just replaced.</remarks>
internal sealed class ProbeClient : IDisposable
{
    /// <summary>The largest answer of a probe that is read, in bytes. ShoreGuard's own are below a few hundred bytes per gateway.</summary>
    internal const int BodyLimit = 1024 * 1024;

    /// <summary>What an answer without a body is called.</summary>
    internal const string Empty = "an empty answer";

    private const int LongestName = 40;

    private readonly Uri _endpoint;
    private readonly TimeSpan _timeout;
    private readonly HttpClient _client;
    private readonly AuthenticationHeaderValue? _authorization;
    private readonly int _bodyLimit;

    /// <param name="route">Where, and how to get there. Nothing is sent anywhere else: redirects are not followed.</param>
    /// <param name="timeout">How long an answer may take.</param>
    /// <param name="skipCertificateCheck">Whether any TLS certificate will do.</param>
    /// <param name="authorization">With what it is asked; null for what everybody may ask.</param>
    /// <param name="bodyLimit">The largest answer that is read, in bytes.</param>
    public ProbeClient(
        EndpointRoute route, TimeSpan timeout, bool skipCertificateCheck, AuthenticationHeaderValue? authorization = null, int bodyLimit = BodyLimit)
    {
        _authorization = authorization;
        _bodyLimit = bodyLimit;
        _endpoint = route.Uri;
        _timeout = timeout;
        var handler = route.CreateHandler(timeout, life: 2 * timeout);
#pragma warning disable CA5359 // The operator asked for it with -SkipCertificateCheck.
        if (skipCertificateCheck)
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose() => _client.Dispose();

    public Task<ProbeAnswer> GetAsync(string path, CancellationToken cancellation) => SendAsync(HttpMethod.Get, path, content: null, cancellation);

    /// <param name="method">What to do.</param>
    /// <param name="path">With what, below the endpoint.</param>
    /// <param name="content">The JSON to send; null for none.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<ProbeAnswer> SendAsync(HttpMethod method, string path, string? content, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_timeout);
        var clock = Stopwatch.StartNew();
        int? status = null;
        ProbeAnswer Failed(ProbeFailure failure, string error) =>
            new() { Path = path, LatencyMs = clock.Elapsed.TotalMilliseconds, StatusCode = status, Failure = failure, Error = error };
        try
        {
            using var request = new HttpRequestMessage(method, Endpoint.At(_endpoint, path));
            request.Headers.Accept.ParseAdd("application/json");
            request.Headers.Authorization = _authorization;
            if (content is not null)
                request.Content = new StringContent(content, Encoding.UTF8, "application/json");
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            status = (int)response.StatusCode;
            var body = await ReadAsync(response.Content, limit.Token).ConfigureAwait(false);
            if (body is null)
                return Failed(ProbeFailure.TooLarge, $"the answer is longer than {_bodyLimit / 1024} KiB");
            var (json, error) = Parse(body);
            var elsewhere = status is >= 300 and < 400 && response.Headers.Location is { } location ? new Uri(_endpoint, location) : null;
            return new()
            {
                Path = path,
                LatencyMs = clock.Elapsed.TotalMilliseconds,
                StatusCode = status,
                Json = json,
                Error = elsewhere is null ? error : $"HTTP {status}, sends on to {elsewhere.GetLeftPart(UriPartial.Path)}",
                Location = elsewhere,
                Proxy = ProxyOf(response.Headers),
                RetryAfter = response.Headers.RetryAfter is { } again ? again.Delta ?? again.Date - (response.Headers.Date ?? DateTimeOffset.UtcNow) : null,
                Date = response.Headers.Date,
            };
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            return Failed(ProbeFailure.Timeout, $"no {(status is null ? "" : "complete ")}answer within {Readable.Duration(_timeout)}");
        }
        catch (Exception error)
        {
            // A request that was cancelled in the middle may fail with anything.
            cancellation.ThrowIfCancellationRequested();
            var (failure, reason) = Explain(error);
            return Failed(failure, reason);
        }
    }

    private async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        using var body = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            if (bytes.Length + read > _bodyLimit)
                return null;
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }

    /// <summary>The JSON of a body, or what the body is instead.</summary>
    internal static (JsonElement Json, string? Error) Parse(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body).TrimStart('\uFEFF').Trim();
        if (text.Length == 0)
            return (default, Empty);
        if (text[0] == '<')
            return (default, "an HTML page, not JSON");
        try
        {
            using var document = JsonDocument.Parse(text);
            // Half a surrogate pair passes the parser, and throws when the text is taken out; better here than later.
            Engine.Json.RequireTexts(document.RootElement);
            return (document.RootElement.Clone(), null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return (default, text[0] is '{' or '[' ? "broken JSON" : "not JSON");
        }
    }

    // Either names it; only what the grammar of HTTP lets a product be called is taken over.
    private static string? ProxyOf(HttpResponseHeaders headers)
    {
        var name = headers.Server.Select(each => each.Product?.Name).FirstOrDefault(product => product is not null and not "uvicorn")
            ?? headers.Via.FirstOrDefault()?.ReceivedBy;
        return name is { Length: > 0 and <= LongestName }
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || "-._:".Contains(letter, StringComparison.Ordinal)) ? name : null;
    }

    private static HttpRequestError Kind(Exception error) => error switch
    {
        HttpRequestException http => http.HttpRequestError,
        HttpIOException io => io.HttpRequestError,
        _ => HttpRequestError.Unknown,
    };

    private static (ProbeFailure Failure, string Reason) Explain(Exception error)
    {
        var chain = new List<Exception>();
        for (var each = error; each is not null; each = each.InnerException)
            chain.Add(each);
        if (chain.OfType<AuthenticationException>().Any() || error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
            return (ProbeFailure.Tls, $"TLS failed: {Errors.Reason(error)}");
        // The engine, where it carries the connection, says best what became of it.
        if (chain.OfType<ShoreGuardException>().FirstOrDefault() is { } known)
            return (ProbeFailure.Unreachable, known.Message.TrimEnd('.'));
        return chain.OfType<SocketException>().FirstOrDefault()?.SocketErrorCode switch
        {
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => (ProbeFailure.NoSuchHost, "no such host"),
            SocketError.ConnectionRefused => (ProbeFailure.Refused, "connection refused"),
            SocketError.ConnectionReset => (ProbeFailure.Broken, "the connection was reset"),
            SocketError.TimedOut => (ProbeFailure.Timeout, "the connection timed out"),
            { } other => (ProbeFailure.Unreachable, $"{Errors.Reason(error)} ({other})"),
            null => chain.Select(Kind).FirstOrDefault(kind => kind != HttpRequestError.Unknown) switch
            {
                HttpRequestError.NameResolutionError => (ProbeFailure.NoSuchHost, "no such host"),
                HttpRequestError.ResponseEnded => (ProbeFailure.Broken, "the answer was cut off"),
                HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => (ProbeFailure.Broken, "not an HTTP answer"),
                HttpRequestError.ConfigurationLimitExceeded => (ProbeFailure.TooLarge, "the answer's headers are too long"),
                HttpRequestError.ProxyTunnelError => (ProbeFailure.Unreachable, $"the proxy refused: {Errors.Reason(error)}"),
                _ => (error is IOException ? ProbeFailure.Broken : ProbeFailure.Unreachable, Errors.Reason(error)),
            },
        };
    }
}
