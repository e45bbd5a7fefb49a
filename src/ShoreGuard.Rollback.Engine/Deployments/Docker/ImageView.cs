using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What an engine, or in its shape a registry, says of an image.</summary>
/// <param name="json">Its whole description, in the shape of the Docker Engine's API.</param>
internal sealed class ImageView(JsonObject json)
{
    /// <summary>The whole description.</summary>
    public JsonObject Json => json;

    /// <summary>Its id; empty of one that is in a registry alone.</summary>
    public string Id => json.Text("Id") ?? "";

    /// <summary>Operating system and architecture, such as <c>linux/amd64</c>.</summary>
    public string Platform => $"{json.Text("Os")}/{json.Text("Architecture")}";

    /// <summary>The variant of the architecture, such as <c>v8</c>; null where there is none.</summary>
    public string? Variant => json.Text("Variant");

    /// <summary>The references with a digest that it came to the engine with.</summary>
    public IReadOnlyList<string> RepoDigests => json.Texts("RepoDigests");

    /// <summary>The folders that are volumes of a container that is made from it.</summary>
    public IReadOnlyList<string> Volumes => [.. (json.At("Config", "Volumes") as JsonObject ?? []).Select(volume => volume.Key)];

    /// <summary>The value of a label; null where it has none, or an empty one.</summary>
    public string? Label(string name) => json.Text("Config", "Labels", name);

    /// <summary>The value of an environment variable; null where it is not set.</summary>
    public string? Variable(string name) => json.EnvironmentVariable(name);
}
