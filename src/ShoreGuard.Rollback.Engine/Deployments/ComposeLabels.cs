using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>The labels Compose puts on its containers (compose-go's <c>api/labels.go</c>; v1.29 uses the same names).</summary>
internal static class ComposeLabels
{
    public const string Prefix = "com.docker.compose.";
    public const string Project = "com.docker.compose.project";
    public const string Service = "com.docker.compose.service";
    public const string OneOff = "com.docker.compose.oneoff";
    public const string ConfigHash = "com.docker.compose.config-hash";
    public const string Image = "com.docker.compose.image";
    public const string Version = "com.docker.compose.version";
    public const string WorkingDirectory = "com.docker.compose.project.working_dir";
    public const string ConfigFiles = "com.docker.compose.project.config_files";
    public const string EnvironmentFiles = "com.docker.compose.project.environment_file";

    /// <summary>Whether a label of a container is its image's and not its own. An image may have any, and so lead into somebody else's project.</summary>
    /// <remarks>
    /// An image that Compose has built has its project, service and version, as the containers that Compose makes of it have: those are
    /// Compose's own where the container has a hash that the image has not. Anything else Compose writes on containers alone.
    /// </remarks>
    public static bool IsBaked(string name, JsonObject ofContainer, JsonObject ofImage) =>
        ofImage.ContainsKey(name) && JsonNode.DeepEquals(ofContainer[name], ofImage[name])
        && !(name is Project or Service or Version or OneOff && ofContainer[ConfigHash] is { } hash && !JsonNode.DeepEquals(hash, ofImage[ConfigHash]));

    /// <summary>A container's description with none of Compose's labels that only its image has.</summary>
    public static JsonObject WithoutBaked(JsonObject container, JsonObject? image)
    {
        if (container.At("Config", "Labels") is not JsonObject own || image.At("Config", "Labels") is not JsonObject baked)
            return container;
        var names = own.Select(label => label.Key).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && IsBaked(name, own, baked)).ToList();
        if (names.Count == 0)
            return container;
        var copy = (JsonObject)container.DeepClone();
        foreach (var name in names)
            ((JsonObject)copy["Config"]!["Labels"]!).Remove(name);
        return copy;
    }

    /// <summary>The paths of a label that lists several, absolute.</summary>
    public static IReadOnlyList<string> Paths(this ContainerView container, string name)
    {
        var folder = container.Label(WorkingDirectory) ?? "";
        var paths = new List<string>();
        foreach (var part in container.Label(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            // A comma may be part of a path: what follows it is then no path of its own, and both together are one.
            if (paths.Count > 0 && !EnginePath.IsRooted(part) && !File.Exists(EnginePath.Join(folder, part)) && EnginePath.IsRooted(paths[^1]))
                paths[^1] += $",{part}";
            else
                paths.Add(EnginePath.IsRooted(part) ? part : EnginePath.Join(folder, part));
        }
        return paths;
    }
}
