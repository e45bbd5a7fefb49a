using System.Text.Json;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Reads the engine's JSON without a type for each of its many shapes.</summary>
internal static class Json
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads what somebody else has written. Every name occurs once in its object, and every text is one: what a parser only finds when it
    /// gets there is found here.</summary>
    /// <returns>Null for JSON's own null.</returns>
    /// <exception cref="JsonException">It is not such JSON.</exception>
    public static JsonNode? Parse(ReadOnlyMemory<byte> content)
    {
        try
        {
            using var document = JsonDocument.Parse(content, Strict);
            RequireTexts(document.RootElement);
            return JsonNode.Parse(content.Span);
        }
        // Bytes that are no UTF-8, and half a surrogate pair.
        catch (InvalidOperationException error)
        {
            throw new JsonException("a text in it is not Unicode", error);
        }
    }

    /// <summary>Passes over every text, which throws where one cannot be taken out.</summary>
    /// <exception cref="InvalidOperationException">A text is not Unicode.</exception>
    public static void RequireTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    RequireTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    RequireTexts(member.Value);
                }
                break;
        }
    }

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

    /// <summary>The texts of the array under a path; empty where there is none. What is no text is passed over.</summary>
    public static IReadOnlyList<string> Texts(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray array
            ? [.. array.OfType<JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : null).OfType<string>()] : [];

    /// <summary>Whether what is under a path is true; what is no such value is not.</summary>
    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<bool>(out var set) && set;

    /// <summary>The whole number under a path; null where there is none.</summary>
    public static long? Number(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) is not JsonValue value ? null
        // One that was made here, and not read, knows its type.
        : value.TryGetValue<long>(out var number) ? number : value.TryGetValue<int>(out var small) ? small : null;

    /// <summary>The value of a <c>KEY=value</c> line in the array under <c>Config.Env</c>; null where it is not set.</summary>
    public static string? EnvironmentVariable(this JsonNode? inspected, string name) =>
        inspected.Texts("Config", "Env")
            .Where(line => line.StartsWith(name + "=", StringComparison.Ordinal)).Select(line => line[(name.Length + 1)..]).LastOrDefault();

    /// <summary>A time as the engine writes it, UTC; null for none and for Go's zero time.</summary>
    public static DateTimeOffset? Time(this JsonNode? node, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(node.Text(path), out var time) && time.Year > 1 ? time.ToUniversalTime() : null;
}
