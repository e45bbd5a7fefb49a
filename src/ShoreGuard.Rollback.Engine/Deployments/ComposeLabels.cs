using System.Text.Json.Nodes;

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

    public static string? Label(this JsonObject container, string name) => container.Text("Config", "Labels", name);

    /// <summary>The paths of a label that lists several, absolute.</summary>
    public static IReadOnlyList<string> Paths(this JsonObject container, string name)
    {
        var folder = container.Label(WorkingDirectory) ?? "";
        var paths = container.Label(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return [.. paths.Select(path => Path.IsPathRooted(path) ? path : Path.Combine(folder, path))];
    }
}
