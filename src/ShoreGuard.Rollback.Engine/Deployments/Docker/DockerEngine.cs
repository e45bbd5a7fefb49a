using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Docker.DotNet;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>A connection to one Docker Engine.</summary>
/// <remarks>
/// Docker.DotNet does the work, but for two calls: inspecting and creating go as the engine's own JSON, because its models
/// drop the fields they do not know (a health check's <c>StartInterval</c>, annotations, a volume's sub-path), and a container
/// that is made again must not lose any.
/// </remarks>
internal sealed partial class DockerEngine : IContainerEngine
{
    // An Engine 29 refuses anything below 1.44; an Engine 20.10 knows up to 1.41 (their release notes).
    private static readonly Version Newest = new(1, 44);
    private static readonly Version Oldest = new(1, 41);

    // What Docker.DotNet and HttpClient wait by themselves. An engine that hangs (it has a lock of its own on each container) answers never.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(100);

    private readonly HttpClient _http;
    private readonly DockerClient _client;
    private readonly DockerEndpoint _endpoint;
    // For the engine's own JSON: an engine drops what is newer than the version it is spoken to in (a volume's sub-path below 1.45, the
    // priority of a gateway below 1.48), so what is read in its own version has to be written in it as well.
    private readonly Version _ownVersion;
    private readonly TimeSpan _patience;

    private DockerEngine(DockerEndpoint endpoint, HttpClient http, DockerClient client, Version ownVersion, TimeSpan patience)
    {
        _endpoint = endpoint;
        _http = http;
        _client = client;
        _ownVersion = ownVersion;
        _patience = patience;
    }

    /// <inheritdoc/>
    public TimeProvider Clock => TimeProvider.System;

    /// <inheritdoc/>
    public string Host => _endpoint.ToString();

    /// <summary>Connects, and agrees with the engine on a version of the API.</summary>
    /// <param name="dockerHost">The engine's address; null for <c>DOCKER_HOST</c>, the chosen context or the default.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="patience">How long it may take to answer what it knows at once; 100 s without it.</param>
    /// <exception cref="ShoreGuardException"><c>DockerHostInvalid</c>, <c>EngineUnreachable</c>, <c>EngineTlsFailed</c>,
    /// <c>EnginePermissionDenied</c>, <c>EngineTooOld</c>.</exception>
    public static async Task<DockerEngine> ConnectAsync(string? dockerHost, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var endpoint = DockerEndpoint.Resolve(dockerHost);
        var http = endpoint.CreateHttpClient();
        try
        {
            var theirs = await AskVersionAsync(http, endpoint, cancellation).ConfigureAwait(false);
            // A tenth of a second by itself, in which a pipe may well be busy.
            using var configuration = new DockerClientConfiguration(
                endpoint.Uri, endpoint.Tls?.Credentials, patience ?? AnswerPatience, namedPipeConnectTimeout: DockerPipe.Patience);
            return new DockerEngine(endpoint, http, configuration.CreateClient(theirs < Newest ? theirs : Newest), theirs, patience ?? AnswerPatience);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    private static async Task<Version> AskVersionAsync(HttpClient http, DockerEndpoint endpoint, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            using var answer = await http.GetAsync("/_ping", patience.Token).ConfigureAwait(false);
            answer.EnsureSuccessStatusCode();
            var theirs = answer.Headers.TryGetValues("Api-Version", out var values) && Version.TryParse(values.First(), out var parsed) ? parsed : Oldest;
            return theirs >= Oldest ? theirs : throw Errors.EngineTooOld(endpoint.ToString(), theirs, Oldest);
        }
        catch (Exception error) when (IsPermissionDenied(error))
        {
            throw Errors.EnginePermissionDenied(endpoint.ToString(), error);
        }
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw Errors.EngineTlsFailed(endpoint.ToString(), error);
        }
        catch (Exception error) when (error is HttpRequestException or SocketException or TimeoutException or IOException
            || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Errors.EngineUnreachable(endpoint.ToString(), error);
        }
    }

    private static bool IsPermissionDenied(Exception? error) => error switch
    {
        null => false,
        UnauthorizedAccessException => true,
        SocketException { SocketErrorCode: SocketError.AccessDenied } => true,
        _ => IsPermissionDenied(error.InnerException),
    };

    /// <inheritdoc/>
    public async Task<JsonObject?> InfoAsync(CancellationToken cancellation) => await GetJsonAsync("/info", cancellation).ConfigureAwait(false);

    private string Versioned(string path) => $"/v{_ownVersion}{path}";

    private async Task<JsonObject?> GetJsonAsync(string path, CancellationToken cancellation)
    {
        using var answer = await GetAsync(path, cancellation).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        await ThrowIfFailedAsync(answer, path, cancellation).ConfigureAwait(false);
        return await ReadAsync(answer, path, cancellation).ConfigureAwait(false) as JsonObject ?? throw Errors.EngineAnswerInvalid(Host, path);
    }

    private async Task<JsonNode?> ReadAsync(HttpResponseMessage answer, string path, CancellationToken cancellation)
    {
        try
        {
            return Json.Parse(await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
        }
        catch (System.Text.Json.JsonException error)
        {
            throw Errors.EngineAnswerInvalid(Host, path, error);
        }
    }

    // The answers to these are small: they are read whole, so that a connection that breaks in the middle is noticed here.
    private Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellation) =>
        CallAsync($"read {path.Split('?')[0]}", async () =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(_patience);
            return await _http.GetAsync(Versioned(path), patience.Token).ConfigureAwait(false);
        }, cancellation);

    private Task<HttpResponseMessage> PostAsync(string what, string path, JsonObject body, CancellationToken cancellation) =>
        ChangeAsync(what, () => _http.PostAsJsonAsync(Versioned(path), body, CancellationToken.None), cancellation);

    private async Task ThrowIfFailedAsync(HttpResponseMessage answer, string what, CancellationToken cancellation)
    {
        if (answer.IsSuccessStatusCode)
            return;
        var body = await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        throw Errors.EngineRefused(Host, what, (int)answer.StatusCode, EngineMessage(body));
    }

    /// <summary>The engine's own sentence out of an error's body, which is <c>{"message":"…"}</c>.</summary>
    internal static string EngineMessage(string? body)
    {
        try
        {
            return JsonNode.Parse(body ?? "").Text("message") ?? body ?? "";
        }
        catch (System.Text.Json.JsonException)
        {
            return body ?? "";
        }
    }

    // The engine goes on with a request whose client has gone, and nobody would know what came of it. So a change is not begun once
    // the work has been stopped, and is waited for once it has begun.
    private Task<T> ChangeAsync<T>(string what, Func<Task<T>> change, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return CallAsync(what, change, CancellationToken.None);
    }

    private Task ChangeAsync(string what, Func<Task> change, CancellationToken cancellation) =>
        ChangeAsync(what, () => Completing(change), cancellation);

    /// <summary>Runs a call and says its failures in our words.</summary>
    private async Task<T> CallAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (DockerApiException error)
        {
            throw Errors.EngineRefused(Host, what, (int)error.StatusCode, EngineMessage(error.ResponseBody), error);
        }
        catch (Exception error) when (IsConnectionLost(error))
        {
            throw Errors.EngineConnectionLost(Host, what, error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw Errors.EngineSilent(Host, what, _patience, error);
        }
    }

    // Docker.DotNet lets what the socket says through. A stream of the caller's has its own failures, which are not these.
    private static bool IsConnectionLost(Exception error) =>
        error is HttpRequestException or SocketException or IOException { InnerException: SocketException } or EndOfStreamException or TimeoutException
            || (error is IOException broken && DockerPipe.IsBroken(broken));

    private Task CallAsync(string what, Func<Task> call, CancellationToken cancellation) => CallAsync(what, () => Completing(call), cancellation);

    private static async Task<bool> Completing(Func<Task> call)
    {
        await call().ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }
}
