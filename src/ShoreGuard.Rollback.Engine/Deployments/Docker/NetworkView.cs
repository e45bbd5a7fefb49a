using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What an engine says of a network.</summary>
/// <param name="json">Its whole description, in the shape of the Docker Engine's API.</param>
internal sealed class NetworkView(JsonObject json)
{
    /// <summary>The whole description.</summary>
    public JsonObject Json => json;

    /// <summary>How it works, such as <c>bridge</c>.</summary>
    public string? Driver => json.Text("Driver");

    /// <summary>The ids of the containers on it that run.</summary>
    public IReadOnlyList<string> Members => [.. (json["Containers"] as JsonObject ?? []).Select(member => member.Key)];

    /// <summary>The value of a label; null where it has none, or an empty one.</summary>
    public string? Label(string name) => json.Text("Labels", name);
}
