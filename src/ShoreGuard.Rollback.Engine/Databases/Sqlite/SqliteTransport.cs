using ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Chooses how the SQLite file of a deployment is reached.</summary>
internal static class SqliteTransport
{
    private const int Looks = 3;
    private static readonly TimeSpan SameTime = TimeSpan.FromMilliseconds(1);

    /// <summary>The file on this machine where it is that, else the file inside the container.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseNotDirect</c>, <c>DatabaseIsLink</c>.</exception>
    public static async Task<IDatabase> FindAsync(
        IContainerEngine engine, Deployment deployment, ContainerView container, DatabaseUrl url, DatabaseTransport wanted, IReporter reporter,
        CancellationToken cancellation)
    {
        var inside = DeploymentDatabase.ContainerPath(container, url);
        var path = DeploymentDatabase.HostPath(container, inside);
        if (wanted != DatabaseTransport.Container)
        {
            var obstacle = await ObstacleAsync(engine, container, inside, path, cancellation).ConfigureAwait(false);
            if (obstacle is null)
                return new SqliteDatabase(path!, url.Redacted);
            if (wanted == DatabaseTransport.Direct)
                throw obstacle.Link is var (link, target)
                    ? Errors.DatabaseIsLink(link, target) : Errors.DatabaseNotDirect(deployment.Name, $"{deployment.Name}:{inside}", obstacle.Why);
            reporter.Verbose($"The database is reached through the container: {obstacle.Why}.");
        }
        if (Errors.DatabaseDoesNotOutlive(deployment.Name, DeploymentDatabase.PlaceOf(container)) is { } lost)
            reporter.Warning($"{Errors.Finding(lost)}. Give it a volume.");
        // Where the folder is not mounted, nobody but the container itself sees the WAL.
        ContainerSite site = DeploymentDatabase.PlaceOf(container) == SqlitePlace.Folder
            ? new VolumeSite(engine, deployment, container, inside) : new LayerSite(engine, deployment, container, inside);
        return new SqliteInContainer(site, url.Redacted);
    }

    private sealed record Obstacle(string Why, (string Path, string Target)? Link = null);

    private static async Task<Obstacle?> ObstacleAsync(
        IContainerEngine engine, ContainerView container, string inside, string? path, CancellationToken cancellation)
    {
        if (path is null)
            return new("it is in no volume and no folder of the host, but in the container itself");
        if (DeploymentDatabase.PlaceOf(container) == SqlitePlace.MountedAlone)
            return new("the file is mounted without its folder, so its WAL is in the container");
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            return new($"{folder}, where its engine keeps it, does not exist here or cannot be seen");
        // A link in a volume is under the application's control and was made for the container's paths; here it may lead anywhere.
        for (var part = path; part is not null && part.Length > 1; part = Path.GetDirectoryName(part))
        {
            if (new FileInfo(part).LinkTarget is { } target && IsInsideMount(container, part))
                return new($"{part} is a link to {target}, which means another file in the container than here", (part, target));
        }
        if (await IsSharedWithMachineAsync(engine, cancellation).ConfigureAwait(false))
            return new($"{path} is shared with the virtual machine in which the engine runs, and SQLite's locks and its index of the WAL do not reach across");
        if (!File.Exists(path))
            return null;
        if (!IsReadable(path))
            return new($"you cannot read {path}");
        return await IsSameAsync(engine, container, inside, path, cancellation).ConfigureAwait(false)
            ? null : new Obstacle($"{path} of this machine is not the file that the container has");
    }

    // All who use a database in WAL mode have to be on one host (https://www.sqlite.org/wal.html). Docker Desktop has its engine in a virtual machine
    // everywhere, and who runs containers of Linux elsewhere than on Linux has one too.
    private static async Task<bool> IsSharedWithMachineAsync(IContainerEngine engine, CancellationToken cancellation) =>
        await engine.InfoAsync(cancellation).ConfigureAwait(false) is { } info
        && (info.Text("OperatingSystem") == "Docker Desktop" || (!OperatingSystem.IsLinux() && info.Text("OSType") == "linux"));

    // Two machines may have a file of that path. A third look, since the application may write between two.
    private static async Task<bool> IsSameAsync(IContainerEngine engine, ContainerView container, string inside, string path, CancellationToken cancellation)
    {
        for (var look = 0; look < Looks; look++)
        {
            if (await TryFindAsync(engine, container.Id, inside, cancellation).ConfigureAwait(false) is not { } theirs)
                return true;
            var ours = new FileInfo(path);
            if (ours.Exists && ours.Length == theirs.Size && (ours.LastWriteTimeUtc - theirs.ChangedAt).Duration() < SameTime)
                return true;
        }
        return false;
    }

    // An engine that does not tell gives no reason to doubt.
    private static async Task<(long Size, DateTime ChangedAt, string? LinkTarget)?> TryFindAsync(
        IContainerEngine engine, string container, string inside, CancellationToken cancellation)
    {
        try
        {
            return await engine.FindFileAsync(container, inside, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused))
        {
            return null;
        }
    }

    private static bool IsReadable(string path)
    {
        try
        {
            using (SharedFile.OpenHandle(path))
                return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true; // Whatever that is, it is said where the file is read.
        }
    }

    private static bool IsInsideMount(ContainerView container, string path) =>
        container.Mounts.Any(mount =>
            mount.Source is { } source && path.StartsWith(source.TrimEnd('/') + "/", StringComparison.Ordinal));
}
