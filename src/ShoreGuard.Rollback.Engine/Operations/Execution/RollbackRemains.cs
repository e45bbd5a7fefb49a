using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.Operations.Switching;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>What an interrupted rollback has left: for whoever ends it as it is.</summary>
internal sealed class RollbackRemains(IContainerEngine engine, StateStore state, RollbackJournal.Entry entry)
{
    /// <summary>Looks for it. Changes nothing.</summary>
    /// <returns>Each a sentence.</returns>
    public async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellation)
    {
        var name = entry.Record.Name;
        var found = new List<string>();
        var names = await engine.ListNamesAsync($"{name}-shoreguard-", cancellation).ConfigureAwait(false);
        foreach (var each in names)
        {
            if (SwitchNames.Parse(each) is not var (deployment, role, _) || deployment != name)
                continue;
            if (role == "gate")
                found.AddRange(await DescribeNetworkAsync(each, names, cancellation).ConfigureAwait(false));
            else
                found.Add(await DescribeAsync(each, role, cancellation).ConfigureAwait(false));
        }
        if ((entry.Note.Downgrade ?? DowngradeFile.Find(state, entry.Record.DockerHost, name)) is { IsConcluded: false } downgrade)
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
        if (entry.Note.WasRunning && await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false) is { } container && !container.IsUp)
            found.Add($"{name}, which is stopped; to start it: docker start {name}.");
        return found;
    }

    // The private network of a hot swap. Half-way, whoever is to serve may have been taken off the networks that they are found by; its label has them.
    private async Task<IReadOnlyList<string>> DescribeNetworkAsync(string network, IEnumerable<string> names, CancellationToken cancellation)
    {
        var found = new List<string>();
        var known = InterruptedSwitch.NetworksOf(await engine.InspectNetworkAsync(network, cancellation).ConfigureAwait(false));
        var old = names.FirstOrDefault(each => SwitchNames.Parse(each) is (var deployment, "old", _) && deployment == entry.Record.Name) ?? entry.Record.Name;
        if (await engine.InspectContainerAsync(entry.Record.Name, cancellation).ConfigureAwait(false) is { } container
            || (container = await engine.InspectContainerAsync(old, cancellation).ConfigureAwait(false)) is not null)
        {
            // By its id, since its name may be another one by then.
            found.AddRange(from each in known
                           where container.On(each.Network) is null
                           select $"{container.Name} is not on its network {each.Network}; to connect it: "
                               + $"docker network connect {Options(each.Endpoint)}{each.Network} {container.Id[..12]}.");
        }
        found.Add($"The network {network}; to remove it: docker network rm {network}.");
        return found;
    }

    private static string Options(JsonObject endpoint) => string.Concat(
        [.. new[] { ("ip", "IPv4Address"), ("ip6", "IPv6Address") }.Select(each =>
            endpoint.Text("IPAMConfig", each.Item2) is { Length: > 0 } address ? $"--{each.Item1} {address} " : ""),
            .. NetworkAliases.AliasesOf(endpoint).Select(alias => $"--alias {alias} ")]);

    // Compose knows its containers by their labels: an up of somebody's may have started the old one under the name that it has aside.
    private async Task<string> DescribeAsync(string container, string role, CancellationToken cancellation)
    {
        var (name, what) = (entry.Record.Name, role == "old" ? "old" : "new");
        var runs = await engine.InspectContainerAsync(container, cancellation).ConfigureAwait(false) is { IsRunning: true };
        var isNameless = await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false) is null;
        return isNameless ? $"The {what} container {container}, {(runs ? "which runs" : "which is stopped")}; to give it the deployment's name: docker "
            + $"rename {container} {name}{(runs || what == "new" ? "" : $", and to start it: docker start {name}")}."
            : runs ? $"The {what} container {container}, which runs beside {name}; look which of the two is to serve before you remove the other."
            : $"The {what} container {container}; to remove it: docker rm {container}.";
    }
}
