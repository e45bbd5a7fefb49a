using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The settings of the docker command: <c>config.json</c> and what lies beside it.</summary>
internal static class DockerConfig
{
    /// <summary><c>$DOCKER_CONFIG</c>, else <c>~/.docker</c>.</summary>
    public static string Folder => Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } set
        ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");

    /// <summary>The main file; null where there is none.</summary>
    /// <exception cref="ShoreGuardException"><c>DockerConfigUnreadable</c>.</exception>
    public static JsonNode? ReadMain() => Read(Path.Combine(Folder, "config.json"));

    /// <summary>One of the files; null where there is none.</summary>
    /// <exception cref="ShoreGuardException"><c>DockerConfigUnreadable</c>.</exception>
    public static JsonNode? Read(string path)
    {
        try
        {
            return File.Exists(path) ? Json.Parse(Encoding.UTF8.GetBytes(File.ReadAllText(path))) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Errors.DockerConfigUnreadable(path, error);
        }
    }
}
