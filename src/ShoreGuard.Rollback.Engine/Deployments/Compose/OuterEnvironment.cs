using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The <c>.env</c> of a folder above the project's that names the project's Compose files in <c>COMPOSE_FILE</c>.</summary>
/// <remarks>Where <c>docker compose</c> is typed there, Compose reads it, and it beats the <c>.env</c> in the project's own folder. No label of the
/// containers tells of it.</remarks>
internal static class OuterEnvironment
{
    private const int Highest = 8;

    /// <summary>Its path; null when there is none.</summary>
    public static string? Find(Deployment deployment)
    {
        var folder = Path.GetDirectoryName(deployment.ComposeDirectory is { } own ? Path.TrimEndingDirectorySeparator(own) : null);
        for (var level = 0; folder is not null && level < Highest; level++, folder = Path.GetDirectoryName(folder))
        {
            var path = Path.Combine(folder, ".env");
            if (Names(path, folder, deployment.ComposeFiles))
                return path;
        }
        return null;
    }

    private static bool Names(string path, string folder, IReadOnlyList<string> composeFiles)
    {
        try
        {
            // Whoever may write to a folder above is not to decide what this project runs.
            if (composeFiles.Count == 0 || !File.Exists(path) || !NativeFile.IsTrusted(path, composeFiles[0]))
                return false;
            var values = EnvFile.Read(ForeignFile.TryRead(path)).Values(Environment.GetEnvironmentVariable);
            if (!values.TryGetValue("COMPOSE_FILE", out var names))
                return false;
            var separator = values.GetValueOrDefault("COMPOSE_PATH_SEPARATOR") is { Length: > 0 } own ? own : Path.PathSeparator.ToString();
            return names.Split(separator, StringSplitOptions.RemoveEmptyEntries).Select(name => Path.GetFullPath(name, folder))
                .SequenceEqual(composeFiles.Select(Path.GetFullPath), NativeFile.PathComparer);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            return false;
        }
    }
}
