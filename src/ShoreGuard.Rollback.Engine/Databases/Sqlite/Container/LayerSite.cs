using System.Formats.Tar;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>A SQLite file in a container's own layer: worked on inside the container while that runs, else on a copy in a container of its own.</summary>
internal sealed class LayerSite(
    IContainerEngine engine, Deployment deployment, ContainerView application, string path) : ContainerSite(engine, deployment, application, path)
{
    /// <summary>The container's id.</summary>
    public string Id { get; } = application.Id;

    public override async Task<SqliteAgent> OpenAsync(CancellationToken cancellation) =>
        (await StateAsync(cancellation).ConfigureAwait(false)).Status == "running"
            ? await SqliteAgent.InsideAsync(Engine, Id, cancellation).ConfigureAwait(false)
            : await OpenCopyAsync(cancellation).ConfigureAwait(false);

    public override async Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        await LayerRestore.PlanAsync(this, backupPath, options, reporter, cancellation).ConfigureAwait(false);

    public override async Task<IRestore> PlanUndoAsync(string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        await LayerRestore.PlanUndoAsync(this, kept, options, reporter, cancellation).ConfigureAwait(false);

    public override async Task ForgetAsync(SqliteAgent agent, string file)
    {
        if (agent.ContainerId == Id && !agent.IsLost)
            await AskAsync(agent, new JsonObject { ["do"] = "remove", ["path"] = file }, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Whether the container runs, and since when.</summary>
    public async Task<(string? Status, DateTimeOffset? StartedAt)> StateAsync(CancellationToken cancellation)
    {
        var container = await Engine.InspectContainerAsync(Id, cancellation).ConfigureAwait(false) ?? throw Errors.DeploymentGone(Deployment.Name, Engine.Host);
        return (container.Status, container.StartedAt);
    }

    /// <summary>Copies a file of the container into another one, piece by piece, to the root folder there.</summary>
    /// <returns>Whether there is one.</returns>
    public async Task<bool> CopyAsync(string file, string to, CancellationToken cancellation)
    {
        if (await Engine.FindFileAsync(Id, file, cancellation).ConfigureAwait(false) is not { } found)
            return false;
        if (found.LinkTarget is { } target)
            throw Errors.DatabaseIsLink(LocationOf(file), target);
        await using var archive = await Engine.GetArchiveAsync(Id, file, cancellation).ConfigureAwait(false);
        await Engine.PutArchiveAsync(to, "/", archive, cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>Owner, group and mode of a file or folder of the container; null when it is not there.</summary>
    public async Task<PosixTarEntry?> RightsAsync(string file, CancellationToken cancellation)
    {
        if (await Engine.FindFileAsync(Id, file, cancellation).ConfigureAwait(false) is null)
            return null;
        await using var archive = await Engine.GetArchiveAsync(Id, file, cancellation).ConfigureAwait(false);
        await using var reader = new TarReader(archive);
        return await reader.GetNextEntryAsync(copyData: false, cancellation).ConfigureAwait(false) as PosixTarEntry;
    }

    // Nobody writes the files of a container that does not run: copied one after the other, they belong together.
    private async Task<SqliteAgent> OpenCopyAsync(CancellationToken cancellation)
    {
        var before = await StateAsync(cancellation).ConfigureAwait(false);
        var agent = await SqliteAgent.AloneAsync(Engine, Application, cancellation).ConfigureAwait(false);
        try
        {
            foreach (var file in (string[])[Path, Path + "-wal", Path + "-journal"])
                await CopyAsync(file, agent.ContainerId, cancellation).ConfigureAwait(false);
            if (await StateAsync(cancellation).ConfigureAwait(false) != before)
                throw Errors.ContainerStarted(Deployment.Name);
            agent.MovedTo = "/" + Path[(Path.LastIndexOf('/') + 1)..];
            return agent;
        }
        catch
        {
            await agent.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
