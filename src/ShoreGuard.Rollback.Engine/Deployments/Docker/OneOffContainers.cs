using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What containers that are made for one purpose and removed again have in common.</summary>
internal static class OneOffContainers
{
    private const string Maker = "shoreguard.rollback.maker";

    /// <summary>Their labels: what they are, and whose.</summary>
    /// <param name="label">The label they are found by.</param>
    /// <param name="value">Its value.</param>
    public static JsonObject Labels(string label, string value) => new() { [label] = value, [Maker] = ProcessIdentity.Own().ToString() };

    /// <summary>The image's own volumes would be made for a container and outlive it: a folder in memory over each of them.</summary>
    /// <param name="image">The engine's description of the image.</param>
    /// <param name="mounted">What is mounted anyway.</param>
    public static JsonObject InsteadOfVolumes(ImageView? image, IReadOnlyCollection<string> mounted) =>
        new((image?.Volumes ?? []).Where(volume => !mounted.Any(path => ContainerPath.Clean(path) == ContainerPath.Clean(volume)))
            .Select(volume => KeyValuePair.Create(volume, (JsonNode?)"")));

    /// <summary>Removes those that processes that were killed have left: whose process is gone, wherever it was killed.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="label">The label they carry.</param>
    /// <param name="isLeft">Whether one of them is, of whose process nothing is known: it may be in use.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task RemoveLeftOversAsync(IContainerEngine engine, string label, Func<ContainerView, bool> isLeft, CancellationToken cancellation)
    {
        foreach (var id in await engine.ListContainersAsync([label], cancellation).ConfigureAwait(false))
        {
            if (await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is { } container && (MakerIsGone(container) || isLeft(container)))
                await engine.RemoveContainerAsync(id, cancellation).ConfigureAwait(false);
        }
    }

    private static bool MakerIsGone(ContainerView container) => ProcessIdentity.TryParse(container.Label(Maker))?.IsGone() == true;

    /// <summary>Whether a container was made longer ago than that.</summary>
    public static bool IsOlder(ContainerView container, TimeSpan age) => container.CreatedAt < DateTimeOffset.UtcNow - age;
}
