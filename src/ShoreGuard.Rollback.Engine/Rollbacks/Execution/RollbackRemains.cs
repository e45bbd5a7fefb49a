using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Execution;

/// <summary>What an interrupted rollback has left: for whoever ends it as it is.</summary>
internal sealed class RollbackRemains(IContainerEngine engine, RollbackJournal.Entry entry)
{
    /// <summary>Looks for it. Changes nothing.</summary>
    /// <returns>Each a sentence.</returns>
    public async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellation)
    {
        var name = entry.Record.Name;
        var found = new List<string>();
        foreach (var each in await engine.ListNamesAsync($"{name}-shoreguard-", cancellation).ConfigureAwait(false))
        {
            if (SwitchNames.Parse(each) is var (deployment, role, _) && deployment == name)
                found.Add(role == "gate" ? $"The network {each}; to remove it: docker network rm {each}."
                    : await DescribeAsync(each, role, cancellation).ConfigureAwait(false));
        }
        if ((entry.Note.Downgrade ?? DowngradeFile.Find(entry.Record.DockerHost, name)) is { IsConcluded: false } downgrade)
        {
            if (await engine.InspectContainerAsync(downgrade.Worker, cancellation).ConfigureAwait(false) is not null)
                found.Add($"The container of its downgrade, {downgrade.Worker}; to remove it: docker rm --force {downgrade.Worker}.");
            if (downgrade.BackupPath is { } backup)
                found.Add($"The backup from before its downgrade from {string.Join(", ", downgrade.From)}: {backup}.");
        }
        if (entry.Note.Kept is { } kept)
            found.Add($"The database from before, where the rollback had come to replacing it: {kept}.");
        found.AddRange(entry.Note.Left.Select(left => $"A database that was put aside: {left}."));
        if (entry.Note.Pin is { } pin)
            found.Add($"The pin in {pin.Path}, where it had been written: {pin.NewValue}.");
        if (entry.Note.WasRunning && await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false) is { } container && !ContainerState.IsUp(container))
            found.Add($"{name}, which is stopped; to start it: docker start {name}.");
        return found;
    }

    // Compose knows its containers by their labels: an up of somebody's may have started the old one under the name that it has aside.
    private async Task<string> DescribeAsync(string container, string role, CancellationToken cancellation)
    {
        var (name, what) = (entry.Record.Name, role == "old" ? "old" : "new");
        var runs = (await engine.InspectContainerAsync(container, cancellation).ConfigureAwait(false)).Text("State", "Status") == "running";
        var isNameless = await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false) is null;
        return isNameless ? $"The {what} container {container}, {(runs ? "which runs" : "which is stopped")}; to give it the deployment's name: docker rename {container} {name}{(runs || what == "new" ? "" : $", and to start it: docker start {name}")}."
            : runs ? $"The {what} container {container}, which runs beside {name}; look which of the two is to serve before you remove the other."
            : $"The {what} container {container}; to remove it: docker rm {container}.";
    }
}
