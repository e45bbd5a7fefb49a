using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>Reads one repository of a registry: the registry API v2, which is also that of the OCI distribution specification.</summary>
internal sealed class RegistryClient : IDisposable
{
    /// <summary>The kinds of manifests that describe an image.</summary>
    internal const string ManifestKinds = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
        + "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

    private const int PageSize = 1000;
    private const int MostPages = 1000;
    private const int MostAttempts = 5;
    private const int BodyLimit = 8 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly RegistryLocation _registry;
    private readonly DigestCache _cache;
    private readonly HttpClient _http;
    private readonly HttpClient _tokens;
    private readonly RegistryAuthorization _authorization;
    private readonly RegistryPause _pause;

    public RegistryClient(RegistryLocation registry, CredentialLookup credential, IReporter reporter, DigestCache cache)
    {
        _registry = registry;
        _cache = cache;
        // A blob may be somewhere else; .NET sends no Authorization there. The form with which a token is asked for it would send.
        _http = Connect(registry, followsRedirects: true);
        _tokens = Connect(registry, followsRedirects: false);
        _authorization = new(_tokens, registry, credential);
        _pause = new(registry, reporter);
    }

    private static HttpClient Connect(RegistryLocation registry, bool followsRedirects)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = followsRedirects,
            UseCookies = false,
            UseProxy = !Endpoint.IsNear(registry.Address),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            AutomaticDecompression = DecompressionMethods.All,
        };
        return new(handler) { BaseAddress = registry.Address, Timeout = Patience, MaxResponseContentBufferSize = BodyLimit };
    }

    /// <summary>All tags, over as many pages as the registry makes of them.</summary>
    /// <returns>Empty when the registry does not know the repository.</returns>
    /// <exception cref="ShoreGuardException"><c>RegistryUnreachable</c>, <c>RegistryDenied</c>, <c>RegistryRateLimited</c>, <c>RegistryAnswerInvalid</c>.</exception>
    public async Task<IReadOnlyList<string>> ListTagsAsync(CancellationToken cancellation)
    {
        var tags = new List<string>();
        var page = new Uri(_registry.Address, $"/v2/{_registry.Name}/tags/list?n={PageSize}");
        for (var number = 0; page is not null && number < MostPages; number++)
        {
            using var answer = await SendAsync(HttpMethod.Get, page, "application/json", cancellation).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                break;
            await ThrowIfFailedAsync(answer, cancellation).ConfigureAwait(false);
            tags.AddRange(Json(await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false)).Texts("tags"));
            page = answer.Headers.NonValidated.TryGetValues("Link", out var links) ? links.Select(link => LinkHeader.Next(link, page)).FirstOrDefault(next => next is not null) : null;
        }
        return [.. tags.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The digest that a tag means now; null when there is no such tag.</summary>
    /// <exception cref="ShoreGuardException">As <see cref="ListTagsAsync"/>.</exception>
    public async Task<string?> FindDigestAsync(string tag, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Head, Manifest(tag), ManifestKinds, cancellation).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        await ThrowIfFailedAsync(answer, cancellation).ConfigureAwait(false);
        if (answer.Headers.TryGetValues("Docker-Content-Digest", out var values) && values.First() is { } digest && DigestCache.IsDigest(digest))
            return digest;
        // The header is no duty; the content says it as well.
        using var whole = await SendAsync(HttpMethod.Get, Manifest(tag), ManifestKinds, cancellation).ConfigureAwait(false);
        await ThrowIfFailedAsync(whole, cancellation).ConfigureAwait(false);
        return DigestCache.DigestOf(await whole.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>A manifest by its digest.</summary>
    /// <exception cref="ShoreGuardException">As <see cref="ListTagsAsync"/>.</exception>
    public Task<JsonNode> ReadManifestAsync(string digest, CancellationToken cancellation) => ReadAsync(digest, Manifest(digest), ManifestKinds, cancellation);

    /// <summary>An image's configuration by its digest.</summary>
    /// <exception cref="ShoreGuardException">As <see cref="ListTagsAsync"/>.</exception>
    public Task<JsonNode> ReadConfigurationAsync(string digest, CancellationToken cancellation) =>
        ReadAsync(digest, new Uri(_registry.Address, $"/v2/{_registry.Name}/blobs/{digest}"), "*/*", cancellation);

    private Uri Manifest(string reference) => new(_registry.Address, $"/v2/{_registry.Name}/manifests/{reference}");

    private async Task<JsonNode> ReadAsync(string digest, Uri address, string accept, CancellationToken cancellation)
    {
        if (!DigestCache.IsDigest(digest))
            throw Errors.RegistryAnswerInvalid(_registry.Repository, $"'{digest}' is no digest");
        if (await _cache.FindAsync(digest, cancellation).ConfigureAwait(false) is { } kept)
            return Json(kept);
        using var answer = await SendAsync(HttpMethod.Get, address, accept, cancellation).ConfigureAwait(false);
        await ThrowIfFailedAsync(answer, cancellation).ConfigureAwait(false);
        var content = await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        // A proxy in between may answer with a page of its own.
        if (DigestCache.DigestOf(content) != digest)
            throw Errors.RegistryAnswerInvalid(_registry.Repository, $"what it gives for {digest} is something else");
        _cache.Keep(digest, content);
        return Json(content);
    }

    private JsonNode Json(byte[] content)
    {
        try
        {
            return JsonNode.Parse(content) ?? throw Errors.RegistryAnswerInvalid(_registry.Repository, "it is empty");
        }
        catch (JsonException error)
        {
            throw Errors.RegistryAnswerInvalid(_registry.Repository, "it is not JSON", error);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, string accept, CancellationToken cancellation)
    {
        var wasRenewed = false;
        for (var attempt = 1; ; attempt++)
        {
            await _pause.WaitAsync(cancellation).ConfigureAwait(false);
            var used = _authorization.Current;
            using var request = new HttpRequestMessage(method, address);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            request.Headers.Authorization = used;
            var answer = await SendOnceAsync(request, cancellation).ConfigureAwait(false);
            try
            {
                if (answer.StatusCode == HttpStatusCode.Unauthorized && !wasRenewed)
                {
                    await _authorization.RenewAsync(used, answer, cancellation).ConfigureAwait(false);
                    wasRenewed = true;
                }
                else if (answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && attempt < MostAttempts)
                {
                    _pause.Begin(answer);
                }
                else
                {
                    return answer;
                }
            }
            catch
            {
                answer.Dispose();
                throw;
            }
            answer.Dispose();
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await _http.SendAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or SocketException or IOException)
        {
            throw Errors.RegistryNotAnswering(_registry.Repository, Errors.Reason(error), error);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Errors.RegistryNotAnswering(_registry.Repository, $"no answer within {Readable.Duration(Patience)}");
        }
    }

    private async Task ThrowIfFailedAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.IsSuccessStatusCode)
            return;
        throw answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => _authorization.Denied(await MessageAsync(answer, cancellation).ConfigureAwait(false)),
            HttpStatusCode.TooManyRequests => Errors.RegistryRateLimited(_registry.Address.Authority, RegistryPause.Wanted(answer, DateTimeOffset.UtcNow)),
            >= HttpStatusCode.InternalServerError => Errors.RegistryNotAnswering(_registry.Repository, $"HTTP {(int)answer.StatusCode}"),
            _ => Errors.RegistryAnswerInvalid(_registry.Repository, await MessageAsync(answer, cancellation).ConfigureAwait(false)),
        };
    }

    // {"errors":[{"code","message"}]}, if it is the registry that answers.
    private static async Task<string> MessageAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var status = $"HTTP {(int)answer.StatusCode}";
        try
        {
            var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
            return (body.At("errors") as JsonArray)?.FirstOrDefault().Text("message") is { } message ? $"{message} ({status})" : status;
        }
        catch (JsonException)
        {
            return status;
        }
    }

    public void Dispose()
    {
        _authorization.Dispose();
        _tokens.Dispose();
        _http.Dispose();
    }
}
