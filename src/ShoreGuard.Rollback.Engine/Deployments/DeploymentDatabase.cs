using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>Where the database of a ShoreGuard container is, read from the engine's description of the container.</summary>
internal static class DeploymentDatabase
{
    private const string UrlVariable = "SHOREGUARD_DATABASE_URL";

    /// <summary>The home of the image's user, where its environment does not say so.</summary>
    private const string DefaultHome = "/home/shoreguard";

    /// <summary>The home of the application's user.</summary>
    public static string Home(ContainerView container) => container.Variable("HOME") is { Length: > 0 } home ? home : DefaultHome;

    /// <summary>What may be shown of it. Never throws for a URL that cannot be read: a deployment with one has to be listed too.</summary>
    /// <param name="container">The engine's description of the container.</param>
    public static DatabaseLocation Locate(ContainerView container)
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
    public static string UrlText(ContainerView container)
    {
        if (container.Variable(UrlVariable) is { Length: > 0 } url)
            return url;
        var config = container.Variable("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg : Home(container) + "/.config";
        return $"sqlite:///{config}/shoreguard/shoreguard.db";
    }

    /// <summary>Where the container has its SQLite file; null for another database.</summary>
    public static SqlitePlace? PlaceOf(ContainerView container)
    {
        if (Locate(container).Kind != DatabaseKind.Sqlite)
            return null;
        var path = ContainerPath(container);
        return MountOf(container, path) switch
        {
            null => SqlitePlace.Layer,
            { IsInMemory: true } => SqlitePlace.Memory,
            var mount when mount.Destination == path => SqlitePlace.MountedAlone,
            _ => SqlitePlace.Folder,
        };
    }

    /// <summary>The absolute path, inside the container, of the SQLite file that its environment names.</summary>
    public static string ContainerPath(ContainerView container) => ContainerPath(container, DatabaseUrl.Parse(UrlText(container)));

    /// <summary>The SQLite file's absolute path inside the container.</summary>
    public static string ContainerPath(ContainerView container, DatabaseUrl url)
    {
        return Deployments.Docker.ContainerPath.Clean(url.Database!.StartsWith('/') ? url.Database : $"{container.WorkingDirectory}/{url.Database}");
    }

    /// <summary>The path, on the engine's machine, of a path inside the container; null where no bind mount or volume holds it.</summary>
    public static string? HostPath(ContainerView container, string path) =>
        MountOf(container, path) is { Source.Length: > 0 } mount ? EnginePath.Join(mount.Source, path[mount.Destination.TrimEnd('/').Length..]) : null;

    /// <summary>What is mounted into a container.</summary>
    /// <param name="Destination">Where inside, without a slash at its end.</param>
    /// <param name="Source">Where on the engine's machine; null for one in memory.</param>
    /// <param name="IsInMemory">Whether it is a tmpfs.</param>
    internal sealed record Mount(string Destination, string? Source, bool IsInMemory);

    /// <summary>The mount that holds a path of a container; null where none does. Where one is mounted inside another, the inner one has the path.</summary>
    internal static Mount? MountOf(ContainerView container, string path) =>
        container.Mounts.Select(mount => MakeMount(mount.Destination, mount.Source, mount.Type))
            .Concat(container.MemoryFolders.Select(folder => MakeMount(folder, null, "tmpfs")))
            .Where(mount => Holds(mount.Destination, path))
            .MaxBy(mount => mount.Destination.Length);

    private static Mount MakeMount(string? destination, string? source, string? type) =>
        new(Deployments.Docker.ContainerPath.Clean(destination ?? "/"), type is "bind" or "volume" ? source : null, type == "tmpfs");

    private static bool Holds(string folder, string path) =>
        folder == "/" || path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
