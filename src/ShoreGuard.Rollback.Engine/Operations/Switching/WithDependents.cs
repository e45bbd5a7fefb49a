using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Switching;

/// <summary>Another strategy, and the containers that share the switched one's namespaces with it.</summary>
/// <remarks>
/// They are stopped before their namespace goes and follow once the new build has passed its gate, since what stands beside an
/// application expects it to be there. The old ones are kept aside like the old container itself.
/// </remarks>
internal sealed class WithDependents(ISwitchStrategy inner, IReadOnlyList<Dependent> dependents, IReporter reporter) : ISwitchStrategy
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, string> _anew = [];

    public async Task SwitchAsync(SwitchContext context, CancellationToken cancellation)
    {
        foreach (var dependent in dependents)
        {
            await context.Steps.RunAsync(
                $"Recreate {dependent.Name}",
                () => CreateAsync(context, dependent, cancellation),
                () => RemoveNewAsync(context, dependent)).ConfigureAwait(false);
        }
        await context.Steps.RunAsync(
            "Stop what shares its namespaces", () => StopAsync(context, cancellation), () => StartOldAsync(context)).ConfigureAwait(false);
        await inner.SwitchAsync(context, cancellation).ConfigureAwait(false);
        foreach (var dependent in dependents)
        {
            await context.Steps.RunAsync(
                $"Put {dependent.Name} beside the new container", () => ExchangeAsync(context, dependent, cancellation), () => PutBackAsync(context, dependent))
                .ConfigureAwait(false);
        }
        await context.Steps.RunAsync("Check that they run", () => CheckAsync(context, cancellation)).ConfigureAwait(false);
    }

    public async Task FinishAsync(SwitchContext context)
    {
        foreach (var dependent in dependents)
            await context.TidyAsync($"Remove the old {dependent.Name}", () => context.Engine.RemoveContainerAsync(dependent.Id, CancellationToken.None))
                .ConfigureAwait(false);
        await inner.FinishAsync(context).ConfigureAwait(false);
    }

    private async Task<string?> CreateAsync(SwitchContext context, Dependent dependent, CancellationToken cancellation)
    {
        var owners = new Dictionary<string, string> { [context.OldId] = context.NewId, [context.Name] = context.NewId };
        var recipe = await dependent.RecipeAsync(context.Engine, owners, reporter, cancellation).ConfigureAwait(false);
        var id = _anew[dependent.Id] = await context.Engine.CreateContainerAsync(
            SwitchNames.New(dependent.Name, IdFor(context, dependent)), recipe, cancellation).ConfigureAwait(false);
        return id[..12];
    }

    private async Task<string?> StopAsync(SwitchContext context, CancellationToken cancellation)
    {
        foreach (var dependent in dependents.Where(dependent => dependent.IsRunning))
            await context.Engine.StopContainerAsync(dependent.Id, cancellation).ConfigureAwait(false);
        return string.Join(", ", dependents.Select(dependent => dependent.Name));
    }

    private async Task StartOldAsync(SwitchContext context)
    {
        foreach (var dependent in dependents.Where(dependent => dependent.IsRunning))
            await context.Engine.StartContainerAsync(dependent.Id, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<string?> ExchangeAsync(SwitchContext context, Dependent dependent, CancellationToken cancellation)
    {
        await context.Engine.RenameContainerAsync(dependent.Id, SwitchNames.Old(dependent.Name, IdFor(context, dependent)), cancellation).ConfigureAwait(false);
        await context.Engine.RenameContainerAsync(_anew[dependent.Id], dependent.Name, cancellation).ConfigureAwait(false);
        if (dependent.IsRunning)
            await context.Engine.StartContainerAsync(_anew[dependent.Id], cancellation).ConfigureAwait(false);
        return null;
    }

    private async Task PutBackAsync(SwitchContext context, Dependent dependent)
    {
        // Its name first: the old one wants it back.
        await RemoveNewAsync(context, dependent).ConfigureAwait(false);
        await context.NameAsync(dependent.Id, dependent.Name).ConfigureAwait(false);
    }

    // By name as well: an engine that was lost while it answered has made it without telling its id.
    private Task RemoveNewAsync(SwitchContext context, Dependent dependent) => context.Engine.RemoveContainerAsync(
        _anew.TryGetValue(dependent.Id, out var id) ? id : SwitchNames.New(dependent.Name, IdFor(context, dependent)), CancellationToken.None);

    private async Task<string?> CheckAsync(SwitchContext context, CancellationToken cancellation)
    {
        await Task.Delay(Settling, context.Engine.Clock, cancellation).ConfigureAwait(false);
        // One that crashed before says nothing about the new container.
        foreach (var dependent in dependents.Where(dependent => dependent.IsRunning && !dependent.Container.IsCrashing))
        {
            var state = (await context.Engine.InspectContainerAsync(_anew[dependent.Id], cancellation).ConfigureAwait(false))?.Status;
            if (state != "running")
                throw Errors.DependentNotRunning(dependent.Name, context.Name, state ?? "gone");
        }
        return null;
    }

    private static string IdFor(SwitchContext context, Dependent dependent) => SwitchNames.SameId(context.Id, dependent.IsRunning);
}
