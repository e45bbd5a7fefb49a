using YamlDotNet.RepresentationModel;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>A service as one YAML document of a Compose file describes it.</summary>
/// <param name="File">The file.</param>
/// <param name="Node">The service's mapping.</param>
/// <param name="Obstacle">Why the mapping cannot be edited, as it ends the sentence "it cannot be edited: …"; null when it can.</param>
internal sealed record ComposeService(YamlText File, YamlMappingNode Node, string? Obstacle)
{
    private const string MergeKey = "<<";

    /// <summary>A service's descriptions in a file, one a document; empty when the file has none.</summary>
    public static IEnumerable<ComposeService> FindAll(YamlText file, string name)
    {
        foreach (var root in file.Roots.OfType<YamlMappingNode>())
        {
            if (Own(root, "services") is not { Value: YamlMappingNode services } section || Own(services, name) is not { Value: YamlMappingNode node } service)
                continue;
            yield return new(file, node, ObstacleOf(file, section) ?? ObstacleOf(file, service));
        }
    }

    /// <summary>The service's value for a key: its own, or one that a merge key brings.</summary>
    public YamlNode? this[string key] => Find(Node, key);

    /// <summary>Its own entry for a key; null when it has none, or only a merge key brings one.</summary>
    public KeyValuePair<YamlNode, YamlNode>? Own(string key) => Own(Node, key);

    /// <summary>Whether a value says that what earlier files set is to be forgotten.</summary>
    public static bool IsReset(YamlNode? value) => value is { Tag.IsEmpty: false } && value.Tag.Value == "!reset";

    /// <summary>The text of a scalar; null for anything else, and for an empty one.</summary>
    public static string? Text(YamlNode? value) => value is YamlScalarNode { Value: { Length: > 0 } text } && !IsReset(value) ? text : null;

    /// <summary>A value of a mapping, its own or one that a merge key brings.</summary>
    public static YamlNode? Find(YamlMappingNode node, string key)
    {
        if (Own(node, key) is { } own)
            return own.Value;
        var merged = Own(node, MergeKey)?.Value switch
        {
            YamlMappingNode one => [one],
            YamlSequenceNode several => several.Children.OfType<YamlMappingNode>(),
            _ => [],
        };
        return merged.Select(source => Find(source, key)).FirstOrDefault(value => value is not null);
    }

    /// <summary>Why the value of an entry cannot be edited in its place; null when it can.</summary>
    public static string? ObstacleOf(YamlText file, KeyValuePair<YamlNode, YamlNode> entry)
    {
        // An anchor always stands before the aliases that refer to it.
        if (entry.Value.Start.Index < entry.Key.Start.Index)
            return $"'{entry.Key}' is an alias (*) of another place of the file";
        return file.IsShared(entry.Value) ? $"other places of the file refer to '{entry.Key}' by its anchor &{entry.Value.Anchor}" : null;
    }

    private static KeyValuePair<YamlNode, YamlNode>? Own(YamlMappingNode node, string key)
    {
        foreach (var entry in node.Children)
        {
            if (entry.Key is YamlScalarNode { Value: { } name } && name == key)
                return entry;
        }
        return null;
    }
}
