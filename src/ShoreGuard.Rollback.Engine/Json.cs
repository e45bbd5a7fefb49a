using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Reads the engine's JSON without a type for each of its many shapes.</summary>
internal static class Json
{
    /// <summary>The node under a path of property names; null where any of them is missing.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            node = (node as JsonObject)?[name];
        return node;
    }

    /// <summary>The text under a path; null where there is none, or it is empty.</summary>
    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    /// <summary>The texts of the array under a path; empty where there is none.</summary>
    public static IReadOnlyList<string> Texts(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray array ? [.. array.OfType<JsonValue>().Select(value => value.GetValue<string>())] : [];

    /// <summary>The value of a <c>KEY=value</c> line in the array under <c>Config.Env</c>; null where it is not set.</summary>
    public static string? EnvironmentVariable(this JsonNode? inspected, string name) =>
        inspected.Texts("Config", "Env").Where(line => line.StartsWith(name + "=", StringComparison.Ordinal)).Select(line => line[(name.Length + 1)..]).LastOrDefault();

    /// <summary>A time as the engine writes it, UTC; null for none and for Go's zero time.</summary>
    public static DateTimeOffset? Time(this JsonNode? node, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(node.Text(path), out var time) && time.Year > 1 ? time.ToUniversalTime() : null;
}
