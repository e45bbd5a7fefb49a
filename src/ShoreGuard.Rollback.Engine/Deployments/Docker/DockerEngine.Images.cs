using System.Text.Json.Nodes;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

public sealed partial class DockerEngine
{
    private static readonly TimeSpan RegistryPatience = TimeSpan.FromSeconds(20);

    /// <summary>The engine's whole description of an image; null when it is not on the engine.</summary>
    public Task<JsonObject?> InspectImageAsync(string idOrReference, CancellationToken cancellation) =>
        GetJsonAsync($"/images/{idOrReference}/json", cancellation);

    /// <summary>The tags of a repository that are on the engine.</summary>
    public Task<IReadOnlyList<string>> ListTagsAsync(string repository, CancellationToken cancellation) =>
        CallAsync<IReadOnlyList<string>>($"list images of {repository}", async () =>
        {
            var filters = new Dictionary<string, IDictionary<string, bool>> { ["reference"] = new Dictionary<string, bool> { [repository] = true } };
            var images = await _client.Images.ListImagesAsync(new ImagesListParameters { Filters = filters }, cancellation).ConfigureAwait(false);
            return [.. images.SelectMany(image => image.RepoTags ?? []).Where(tag => tag.StartsWith(repository + ":", StringComparison.Ordinal)).Select(tag => tag[(repository.Length + 1)..]).Distinct()];
        });

    /// <summary>Asks the image's registry, through the engine, without pulling.</summary>
    /// <returns>The digest; null when the registry does not have it.</returns>
    /// <exception cref="ShoreGuardException"><c>RegistryUnreachable</c>, <c>RegistryDenied</c>, <c>PullFailed</c>.</exception>
    public async Task<string?> FindInRegistryAsync(ImageReference image, CancellationToken cancellation)
    {
        // The engine itself waits for a registry without end.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(RegistryPatience);
        try
        {
            using var answer = await GetAsync($"/distribution/{image}/json", patience.Token).ConfigureAwait(false);
            var body = await answer.Content.ReadAsStringAsync(patience.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return JsonNode.Parse(body).Text("Descriptor", "digest");
            var error = Errors.FromPull(image.ToString(), EngineMessage(body));
            return error.Id == "ImageNotFound" ? null : throw error;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Errors.RegistryUnreachable(image.ToString(), $"no answer within {RegistryPatience.TotalSeconds:0} s");
        }
    }

    /// <summary>Pulls an image, with progress by layer.</summary>
    /// <exception cref="ShoreGuardException"><c>ImageNotFound</c>, <c>RegistryUnreachable</c>, <c>RegistryDenied</c>, <c>PullFailed</c>.</exception>
    public async Task PullAsync(ImageReference image, IReporter reporter, CancellationToken cancellation)
    {
        var layers = new PullProgress(image.ToString(), reporter);
        try
        {
            var parameters = new ImagesCreateParameters { FromImage = image.Repository, Tag = image.Digest ?? image.Tag };
            await _client.Images.CreateImageAsync(parameters, authConfig: null, layers, cancellation).ConfigureAwait(false);
        }
        catch (DockerApiException error)
        {
            throw Errors.FromPull(image.ToString(), EngineMessage(error.ResponseBody), error);
        }
        catch (Exception error) when (IsConnectionLost(error))
        {
            throw Errors.EngineConnectionLost($"pull {image}", error);
        }
        finally
        {
            layers.Complete();
        }
        if (layers.Error is { } message)
            throw Errors.FromPull(image.ToString(), message);
    }

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
