using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>Stop the old container, start the new one in its place; the old one goes when the new one has held.</summary>
internal sealed class RecreateStrategy : ISwitchStrategy
{
    public async Task SwitchAsync(SwitchContext context, CancellationToken cancellation)
    {
        var engine = context.Engine;
        await context.NoteOutageAsync().ConfigureAwait(false);
        if (context.Plan.Before.IsRunning)
        {
            await context.Steps.RunAsync(
                "Stop the old container",
                () => SwitchContext.Quietly(engine.StopContainerAsync(context.OldId, cancellation)),
                () => engine.StartContainerAsync(context.OldId, CancellationToken.None)).ConfigureAwait(false);
        }
        if (DeploymentDatabase.PlaceOf(context.Plan.Container) == SqlitePlace.MountedAlone)
            await context.Steps.RunAsync("Look whether its WAL is empty", () => SwitchContext.Quietly(CheckWalAsync(context, cancellation)))
                .ConfigureAwait(false);
        if (context.Plan.Change is { } change)
            await change.ApplyAsync(context.Steps, cancellation).ConfigureAwait(false);
        await context.ExchangeNamesAsync(cancellation).ConfigureAwait(false);
        await context.StartNewAsync(cancellation).ConfigureAwait(false);
        var endpoint = await context.EndpointOfNewAsync(cancellation).ConfigureAwait(false);
        // The engine may have chosen another address, or another port of those it may choose from.
        context.Prober?.Retarget(endpoint);
        await context.PassGateAsync("Gate: live, ready, the right build", endpoint, cancellation).ConfigureAwait(false);
    }

    public Task FinishAsync(SwitchContext context) => context.RemoveOldAsync();

    // SQLite folds it in when the last connection closes, and not when the process is killed. The new container would be without those rows,
    // and the old one, started again, would play them back into what the new one has made of the file.
    private static async Task CheckWalAsync(SwitchContext context, CancellationToken cancellation)
    {
        var path = DeploymentDatabase.ContainerPath(context.Plan.Container);
        if (await context.Engine.FindFileAsync(context.OldId, path + "-wal", cancellation).ConfigureAwait(false) is { Size: > 0 })
            throw Errors.WalLeftBehind(context.Name, path);
    }
}
