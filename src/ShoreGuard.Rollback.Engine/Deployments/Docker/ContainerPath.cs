namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Paths inside a container. They have slashes on every platform, so <see cref="Path"/> is no help with them.</summary>
internal static class ContainerPath
{
    /// <summary>The one way to write a path: absolute, without empty parts, dots, and a slash at its end. The engine keeps mounts as they were typed.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or ".."))
                parts.Add(part);
        }
        return "/" + string.Join('/', parts);
    }
}
