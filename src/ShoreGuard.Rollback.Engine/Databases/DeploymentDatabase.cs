using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Where the database of a ShoreGuard container is, read from the engine's description of the container.</summary>
internal static class DeploymentDatabase
{
    private const string UrlVariable = "SHOREGUARD_DATABASE_URL";

    /// <summary>What may be shown of it. Never throws for a URL that cannot be read: a deployment with one has to be listed too.</summary>
    /// <param name="container">The engine's description of the container.</param>
    public static DatabaseLocation Locate(JsonObject container)
    {
        var text = UrlText(container);
        try
        {
            var url = DatabaseUrl.Parse(text);
            return new()
            {
                Kind = url.Kind,
                Url = url.Redacted,
                HostPath = url.Kind == DatabaseKind.Sqlite ? HostPath(container, ContainerPath(container, url)) : null,
            };
        }
        catch (ShoreGuardException)
        {
            return new() { Kind = DatabaseKind.Postgres, Url = DatabaseUrl.Redact(text) };
        }
    }

    /// <summary>The URL the application uses, with its password: what its environment says, else ShoreGuard's default.</summary>
    public static string UrlText(JsonObject container)
    {
        if (Variable(container, UrlVariable) is { Length: > 0 } url)
            return url;
        var config = Variable(container, "XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg : (Variable(container, "HOME") ?? "/home/shoreguard") + "/.config";
        return $"sqlite:///{config}/shoreguard/shoreguard.db";
    }

    /// <summary>Whether the database is a SQLite file that nothing is mounted over: it lives and goes with the container.</summary>
    public static bool IsInLayer(JsonObject container)
    {
        if (Locate(container) is not { Kind: DatabaseKind.Sqlite, HostPath: null })
            return false;
        var path = ContainerPath(container, DatabaseUrl.Parse(UrlText(container)));
        return !(container["Mounts"] as JsonArray ?? []).Any(mount => Holds(Normalize(mount?["Destination"]?.GetValue<string>() ?? "/"), path));
    }

    /// <summary>The SQLite file's absolute path inside the container.</summary>
    public static string ContainerPath(JsonObject container, DatabaseUrl url)
    {
        var folder = container["Config"]?["WorkingDir"]?.GetValue<string>() is { Length: > 0 } working ? working : "/";
        return Normalize(url.Database!.StartsWith('/') ? url.Database : $"{folder}/{url.Database}");
    }

    /// <summary>The path, on the engine's machine, of a path inside the container; null where no bind mount or volume holds it.</summary>
    public static string? HostPath(JsonObject container, string path)
    {
        var (source, destination) = (container["Mounts"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .Where(mount => mount["Type"]?.GetValue<string>() is "bind" or "volume")
            .Select(mount => (Source: mount["Source"]?.GetValue<string>(), Destination: Normalize(mount["Destination"]?.GetValue<string>() ?? "/")))
            .Where(mount => mount.Source is { Length: > 0 } && Holds(mount.Destination, path))
            .OrderByDescending(mount => mount.Destination.Length)
            .FirstOrDefault();
        if (source is null)
            return null;
        var rest = path[destination.TrimEnd('/').Length..];
        return source.TrimEnd('/') + rest;
    }

    private static bool Holds(string folder, string path) =>
        folder == "/" || path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);

    private static string? Variable(JsonObject container, string name) =>
        (container["Config"]?["Env"] as JsonArray ?? [])
            .Select(entry => entry?.GetValue<string>())
            .LastOrDefault(entry => entry is not null && entry.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    // A container's paths have slashes on every platform, so System.IO.Path is no help here.
    private static string Normalize(string path)
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
