using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases.Registry;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>An image of a registry, read without pulling.</summary>
/// <param name="Identity">What was built into it.</param>
/// <param name="Inspected">Its configuration, in the shape of the engine's description of an image.</param>
/// <param name="Platforms">What it is built for.</param>
/// <param name="Size">Bytes to pull for one platform.</param>
internal sealed record PublishedImage(BuildIdentity Identity, ImageView Inspected, IReadOnlyList<string> Platforms, long Size)
{
    private static readonly string[] ImageConfigurations = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
    private static readonly string Preferred = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux/arm64" : "linux/amd64";

    /// <summary>Reads manifest and configuration; of several platforms, the wanted one, else the first.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="repository">The repository, for the words.</param>
    /// <param name="digest">The image, or the index of one for several platforms.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="platform">The beginning of the platform, such as <c>linux/amd64</c>; null for that of this machine.</param>
    /// <returns>Null for what is in a registry but is no image: a chart, a signature.</returns>
    public static async Task<PublishedImage?> ReadAsync(
        RegistryClient registry, string repository, string digest, CancellationToken cancellation, string? platform = null)
    {
        var manifest = await registry.ReadManifestAsync(digest, cancellation).ConfigureAwait(false);
        var platforms = Entries(manifest);
        if (platforms.Count > 0)
        {
            var chosen = platforms.FirstOrDefault(entry => entry.Platform.StartsWith(platform ?? Preferred, StringComparison.Ordinal), platforms[0]);
            manifest = await registry.ReadManifestAsync(chosen.Digest, cancellation).ConfigureAwait(false);
        }
        if (manifest.Text("config", "digest") is not { } configuration || !ImageConfigurations.Contains(manifest.Text("config", "mediaType")))
            return null;
        var image = await registry.ReadConfigurationAsync(configuration, cancellation).ConfigureAwait(false);
        RequireShape(image, repository);
        // An engine that keeps images as layers names them by their configuration.
        var inspected = new ImageView(new()
        {
            ["Id"] = configuration,
            ["Os"] = image.Text("os"),
            ["Architecture"] = image.Text("architecture"),
            ["Config"] = image.At("config")?.DeepClone(),
        });
        return new(
            BakedIdentity.Read(inspected, $"{repository}@{digest}"),
            inspected,
            platforms.Count > 0 ? [.. platforms.Select(entry => entry.Platform).Distinct(StringComparer.Ordinal)] : [Platform(image)],
            SizeOf(manifest, repository));
    }

    // Of an index; those without a platform are attestations about the others.
    private static List<(string Platform, string Digest)> Entries(JsonNode manifest) =>
        manifest.At("manifests") is JsonArray entries
            ? [.. entries.Where(entry => entry.Text("digest") is not null && entry.Text("platform", "os") is not (null or "unknown"))
                .Select(entry => (Platform(entry.At("platform")), entry.Text("digest")!))]
            : [];

    private static string Platform(JsonNode? node) =>
        $"{node.Text("os")}/{node.Text("architecture")}" + (node.Text("variant") is { } variant ? $"/{variant}" : "");

    // An engine refuses such a configuration, too: there is nothing to go back to (the OCI image specification, config.md).
    private static void RequireShape(JsonNode image, string repository)
    {
        var config = image.At("config");
        var isSound = image is JsonObject
            && IsTextOrNone(image.At("os")) && IsTextOrNone(image.At("architecture")) && config is null or JsonObject
            && (config.At("Env") is null || config.At("Env") is JsonArray variables && variables.All(IsText))
            && (config.At("Labels") is null || config.At("Labels") is JsonObject labels && labels.All(label => IsTextOrNone(label.Value)));
        if (!isSound)
            throw Errors.RegistryAnswerInvalid(repository, "the configuration of the image is not what the format says");
    }

    private static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;

    private static bool IsTextOrNone(JsonNode? node) => node is null || IsText(node);

    private static long SizeOf(JsonNode manifest, string repository)
    {
        var size = 0L;
        foreach (var part in ((manifest.At("layers") as JsonArray) ?? []).Append(manifest.At("config")))
        {
            if (part.At("size") is not { } told)
                continue;
            if (told is not JsonValue value || !value.TryGetValue<long>(out var bytes) || bytes < 0 || bytes > long.MaxValue - size)
                throw Errors.RegistryAnswerInvalid(repository, "the size of the image is no size");
            size += bytes;
        }
        return size;
    }
}
