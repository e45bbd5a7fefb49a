using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Docker.DotNet;
using Docker.DotNet.Models;
using ShoreGuard.Rollback.Engine.Releases.Registry;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

internal sealed partial class DockerEngine
{
    private static readonly TimeSpan RegistryPatience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Lazy<Task<CredentialLookup>>> _credentials = new();

    /// <inheritdoc/>
    public async Task<ImageView?> InspectImageAsync(string idOrReference, CancellationToken cancellation) =>
        await GetJsonAsync($"/images/{idOrReference}/json", cancellation).ConfigureAwait(false) is { } image ? new(image) : null;

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListTagsAsync(string repository, CancellationToken cancellation) =>
        CallAsync<IReadOnlyList<string>>($"list images of {repository}", async () =>
        {
            var filters = new Dictionary<string, IDictionary<string, bool>> { ["reference"] = new Dictionary<string, bool> { [repository] = true } };
            var images = await _client.Images.ListImagesAsync(new ImagesListParameters { Filters = filters }, cancellation).ConfigureAwait(false);
            return [.. images.SelectMany(image => image.RepoTags ?? [])
                .Where(tag => tag.StartsWith(repository + ":", StringComparison.Ordinal)).Select(tag => tag[(repository.Length + 1)..]).Distinct()];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LocalImage>> ListImagesAsync(string repository, CancellationToken cancellation) =>
        CallAsync<IReadOnlyList<LocalImage>>($"list images of {repository}", async () =>
        {
            var filters = new Dictionary<string, IDictionary<string, bool>> { ["reference"] = new Dictionary<string, bool> { [repository] = true } };
            var images = await _client.Images.ListImagesAsync(new ImagesListParameters { Filters = filters }, cancellation).ConfigureAwait(false);
            return [.. images.Select(image =>
                new LocalImage(image.ID, After(image.RepoTags, repository + ":"), After(image.RepoDigests, repository + "@"), image.Size))];
        }, cancellation);

    // Of an image that has names in several repositories, those of one.
    private static IReadOnlyList<string> After(IEnumerable<string>? names, string prefix) =>
        [.. (names ?? [])
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).Distinct(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public Task<CredentialLookup> FindCredentialAsync(string repository, CancellationToken cancellation) =>
        _credentials.GetOrAdd(ImageReference.ServerOf(repository) ?? "", host => new(() => LookUpCredentialAsync(host, cancellation))).Value;

    private async Task<CredentialLookup> LookUpCredentialAsync(string host, CancellationToken cancellation)
    {
        var server = host.Length > 0 ? host : (await InfoAsync(cancellation).ConfigureAwait(false)).Text("IndexServerAddress");
        return server is null ? CredentialLookup.Nobody : await DockerCredentials.FindAsync(server, cancellation).ConfigureAwait(false);
    }

    private async Task<CredentialLookup> CredentialAsync(string repository, RegistryCredential? given, CancellationToken cancellation) =>
        given is null ? await FindCredentialAsync(repository, cancellation).ConfigureAwait(false) : new(given);

    /// <inheritdoc/>
    public async Task<string?> FindInRegistryAsync(ImageReference image, RegistryCredential? given, CancellationToken cancellation)
    {
        // The engine itself waits for a registry without end.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(RegistryPatience);
        try
        {
            var known = await CredentialAsync(image.Repository, given, patience.Token).ConfigureAwait(false);
            using var answer = await AskRegistryAsync(image, known.Credential, patience.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return (await ReadAsync(answer, "/distribution", patience.Token).ConfigureAwait(false)).Text("Descriptor", "digest");
            var body = await answer.Content.ReadAsStringAsync(patience.Token).ConfigureAwait(false);
            var error = Errors.FromPull(image.ToString(), WithProblem(EngineMessage(body), known));
            return error.Id == nameof(Errors.ImageNotFound) ? null : throw error;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Errors.RegistryUnreachable(image.ToString(), $"no answer within {Readable.Duration(RegistryPatience)}");
        }
    }

    private Task<HttpResponseMessage> AskRegistryAsync(ImageReference image, RegistryCredential? credential, CancellationToken cancellation) =>
        CallAsync($"ask the registry about {image}", () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, Versioned($"/distribution/{image}/json"));
            if (credential is not null)
                request.Headers.Add("X-Registry-Auth", HeaderOf(credential, ImageReference.ServerOf(image.Repository)));
            return _http.SendAsync(request, cancellation);
        }, cancellation);

    // As the engine's API wants it (docs.docker.com, "Authentication"): JSON, in the Base64 of URLs.
    private static string HeaderOf(RegistryCredential credential, string? server)
    {
        var json = new JsonObject { ["username"] = credential.Username, ["password"] = credential.Password, ["serveraddress"] = server,
            ["identitytoken"] = credential.IdentityToken };
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(json.ToJsonString())).Replace('+', '-').Replace('/', '_');
    }

    // A credential that is there but cannot be read is why a registry refuses.
    private static string WithProblem(string message, CredentialLookup known) => known.Problem is { } problem ? $"{message} ({problem})" : message;

    /// <inheritdoc/>
    public async Task PullAsync(ImageReference image, RegistryCredential? given, IReporter reporter, CancellationToken cancellation)
    {
        var layers = new PullProgress(image.ToString(), reporter);
        var known = await CredentialAsync(image.Repository, given, cancellation).ConfigureAwait(false);
        try
        {
            var parameters = new ImagesCreateParameters { FromImage = image.Repository, Tag = image.Digest ?? image.Tag };
            await _client.Images.CreateImageAsync(parameters, AuthOf(known.Credential, image), layers, cancellation).ConfigureAwait(false);
        }
        catch (DockerApiException error)
        {
            throw Errors.FromPull(image.ToString(), WithProblem(EngineMessage(error.ResponseBody), known), error);
        }
        catch (Exception error) when (IsConnectionLost(error))
        {
            throw Errors.EngineConnectionLost(Host, $"pull {image}", error);
        }
        finally
        {
            layers.Complete();
        }
        if (layers.Error is { } message)
            throw Errors.FromPull(image.ToString(), WithProblem(message, known));
    }

    private static AuthConfig? AuthOf(RegistryCredential? credential, ImageReference image) => credential is null ? null : new()
    {
        Username = credential.Username,
        Password = credential.Password,
        IdentityToken = credential.IdentityToken,
        ServerAddress = ImageReference.ServerOf(image.Repository),
    };

    /// <summary>Adds up the layers of a pull; the engine reports each by itself, and errors in the same stream.</summary>
    private sealed class PullProgress(string image, IReporter reporter) : IProgress<JSONMessage>
    {
        private readonly Dictionary<string, (long Current, long Total)> _layers = [];
        private readonly string _activity = $"Pulling {image}";

        public string? Error { get; private set; }

        public void Report(JSONMessage message)
        {
            if (message.Error is not null || message.ErrorMessage is not null)
                Error = message.Error?.Message ?? message.ErrorMessage;
            if (message.ID is null)
                return;
            if (message.Progress is { Total: > 0 } progress && message.Status == "Downloading")
                _layers[message.ID] = (progress.Current, progress.Total);
            else if (message.Status is "Download complete" or "Pull complete" && _layers.TryGetValue(message.ID, out var known))
                _layers[message.ID] = (known.Total, known.Total);
            var total = _layers.Values.Sum(layer => layer.Total);
            var current = _layers.Values.Sum(layer => layer.Current);
            reporter.Progress(new(_activity, $"Layer {message.ID}: {message.Status}", total > 0 ? 100.0 * current / total : null));
        }

        public void Complete() => reporter.Progress(new(_activity, "Done", 100, Completed: true));
    }
}

/// <summary>An image on the engine, as far as it belongs to one repository.</summary>
/// <param name="Id">The id, <c>sha256:…</c>.</param>
/// <param name="Tags">Its tags there.</param>
/// <param name="Digests">The registry's digests it came with; none for one that was built or loaded.</param>
/// <param name="Size">Bytes on the disk.</param>
public sealed record LocalImage(string Id, IReadOnlyList<string> Tags, IReadOnlyList<string> Digests, long Size);
