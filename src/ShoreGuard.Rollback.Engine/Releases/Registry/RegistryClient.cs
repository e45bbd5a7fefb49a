using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>Reads one repository of a registry: the registry API v2, which is also that of the OCI distribution specification.</summary>
internal sealed partial class RegistryClient : IDisposable
{
    /// <summary>The kinds of manifests that describe an image.</summary>
    internal const string ManifestKinds = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
        + "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

    private const int PageSize = 1000;
    private const int MostPages = 1000;
    private const long MostListed = 64L * 1024 * 1024;
    private static readonly TimeSpan MostListing = TimeSpan.FromMinutes(2);
    private const int MostAttempts = 5;
    private const int BodyLimit = 8 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly RegistryLocation _registry;
    private readonly DigestCache _cache;
    private readonly HttpClient _http;
    private readonly HttpClient _tokens;
    private readonly RegistryAuthorization _authorization;
    private readonly RegistryPause _pause;
    private readonly IReporter _reporter;

    public RegistryClient(RegistryLocation registry, CredentialLookup credential, IReporter reporter, DigestCache cache)
    {
        _registry = registry;
        _cache = cache;
        // A blob may be somewhere else; .NET sends no Authorization there. The form with which a token is asked for it would send.
        _http = Connect(registry, followsRedirects: true);
        _tokens = Connect(registry, followsRedirects: false);
        _authorization = new(_tokens, registry, credential);
        _pause = new(registry, reporter);
        _reporter = reporter;
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
    /// <exception cref="ShoreGuardException"><c>RegistryUnreachable</c>, <c>RegistryDenied</c>, <c>RegistryRateLimited</c>,
    /// <c>RegistryAnswerInvalid</c>.</exception>
    public async Task<IReadOnlyList<string>> ListTagsAsync(CancellationToken cancellation)
    {
        var tags = new List<string>();
        var page = new Uri(_registry.Address, $"/v2/{_registry.Name}/tags/list?n={PageSize}");
        var (seen, read, clock) = (new HashSet<Uri>(), 0L, Stopwatch.StartNew());
        while (page is not null)
        {
            if (!seen.Add(page))
                throw Errors.RegistryAnswerInvalid(_registry.Repository, "a page of its list of tags leads back to one before it");
            if (seen.Count > MostPages || read > MostListed || clock.Elapsed > MostListing)
                throw Errors.RegistryAnswerInvalid(
                    _registry.Repository, $"its list of tags does not end: {seen.Count - 1} pages and {read / 1024} KiB in {Readable.Duration(clock.Elapsed)}");
            using var answer = await SendAsync(HttpMethod.Get, page, "application/json", cancellation).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                break;
            await ThrowIfFailedAsync(answer, cancellation).ConfigureAwait(false);
            var content = await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            read += content.Length;
            tags.AddRange(Parse(content).Texts("tags"));
            page = answer.Headers.NonValidated.TryGetValues("Link", out var links)
                ? links.Select(link => LinkHeader.Next(link, page)).FirstOrDefault(next => next is not null) : null;
        }
        return Usable([.. tags.Distinct(StringComparer.Ordinal)]);
    }

    // Of what is no tag no address can be made, and no engine would pull it.
    private List<string> Usable(List<string> tags)
    {
        if (tags.RemoveAll(tag => !TagGrammar().IsMatch(tag)) is > 0 and var removed)
            _reporter.Warning(
                $"The registry lists {removed} {(removed == 1 ? "name" : "names")} in {_registry.Repository} that cannot be tags. They are left out.");
        return tags;
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
            return Parse(kept);
        using var answer = await SendAsync(HttpMethod.Get, address, accept, cancellation).ConfigureAwait(false);
        await ThrowIfFailedAsync(answer, cancellation).ConfigureAwait(false);
        var content = await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        // A proxy in between may answer with a page of its own.
        if (DigestCache.DigestOf(content) != digest)
            throw Errors.RegistryAnswerInvalid(_registry.Repository, $"what it gives for {digest} is something else");
        _cache.Keep(digest, content);
        return Parse(content);
    }

    private JsonNode Parse(byte[] content)
    {
        try
        {
            return Json.Parse(content) ?? throw Errors.RegistryAnswerInvalid(_registry.Repository, "it is empty");
        }
        catch (JsonException error)
        {
            throw Errors.RegistryAnswerInvalid(_registry.Repository, $"it is not sound JSON ({Errors.Reason(error)})", error);
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
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw Errors.RegistryAnswerInvalid(_registry.Repository, $"it is longer than {BodyLimit / 1024 / 1024} MiB", error);
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
            var body = Json.Parse(await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
            return (body.At("errors") as JsonArray)?.FirstOrDefault().Text("message") is { } message ? $"{message} ({status})" : status;
        }
        catch (JsonException)
        {
            return status;
        }
    }

    // Of the OCI distribution specification.
    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex TagGrammar();

    public void Dispose()
    {
        _authorization.Dispose();
        _tokens.Dispose();
        _http.Dispose();
    }
}
