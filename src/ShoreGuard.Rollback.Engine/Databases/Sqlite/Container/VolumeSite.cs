using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>A SQLite file in a volume or a folder of the engine's machine: any container that mounts it can work on it.</summary>
internal sealed class VolumeSite(
    IContainerEngine engine, Deployment deployment, ContainerView application, string path) : ContainerSite(engine, deployment, application, path)
{
    public override Task<SqliteAgent> OpenAsync(CancellationToken cancellation) => SqliteAgent.BesideAsync(Engine, Application, cancellation);

    public override async Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        await VolumeRestore.PlanAsync(this, backupPath, options, reporter, cancellation).ConfigureAwait(false);

    public override async Task<IRestore> PlanUndoAsync(string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        await VolumeRestore.PlanUndoAsync(this, kept, options, reporter, cancellation).ConfigureAwait(false);

    /// <summary>Other containers that run and have the same files: one of them may be who holds the database.</summary>
    public async Task<IReadOnlyList<string>> NeighboursAsync(CancellationToken cancellation)
    {
        var sources = SourcesOf(Application).ToHashSet(StringComparer.Ordinal);
        var names = new List<string>();
        foreach (var id in await Engine.ListContainersAsync([], cancellation).ConfigureAwait(false))
        {
            var other = id == Application.Id ? null : await Engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false);
            if (other is { IsUp: true } && !HelperContainer.IsHelper(other) && SourcesOf(other).Any(sources.Contains))
                names.Add(other.Name);
        }
        return names;
    }

    private static IEnumerable<string> SourcesOf(ContainerView container) =>
        container.Mounts.Select(mount => mount.Source).OfType<string>();
}
