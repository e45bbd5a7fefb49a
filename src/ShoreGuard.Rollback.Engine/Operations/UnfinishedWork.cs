using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>What was begun on the deployments of an engine and not brought to an end: by the journal, the notes of downgrades, and the
/// names that a switch leaves. Read once for all of them.</summary>
public sealed class UnfinishedWork
{
    private readonly StateStore _state;
    private readonly string _host;
    private readonly ILookup<string, RollbackRecord> _operations;
    private readonly HashSet<string> _switched;
    private readonly IReadOnlyDictionary<string, LockHolder> _marks;

    private UnfinishedWork(StateStore state, string host, IEnumerable<RollbackRecord> operations, IEnumerable<string> names,
        IReadOnlyDictionary<string, LockHolder> marks, string? problem)
    {
        (_state, _host) = (state, host);
        _marks = marks;
        _operations = operations.ToLookup(operation => operation.Name, StringComparer.Ordinal);
        var left = names.Select(SwitchNames.Parse).OfType<(string Name, string Role, string Id)>();
        _switched = left.Select(parsed => parsed.Name).ToHashSet(StringComparer.Ordinal);
        Problem = problem;
    }

    /// <summary>Why the journal, or what the engine keeps, could not be read; null when both could.</summary>
    public string? Problem { get; }

    /// <summary>Looks for it. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">Those with which an engine cannot be reached.</exception>
    public static async Task<UnfinishedWork> ReadAsync(StateStore state, string? dockerHost, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        var names = await Task.WhenAll(SwitchNames.Parts.Select(part => engine.ListNamesAsync(part, cancellation))).ConfigureAwait(false);
        var marks = await EngineLock.AllAsync(engine, cancellation).ConfigureAwait(false);
        var (operations, problem) = await ReadOperationsAsync(engine, state, marks, cancellation).ConfigureAwait(false);
        return new(state, engine.Host, operations, names.SelectMany(each => each), Holders(marks), problem);
    }

    private static Dictionary<string, LockHolder> Holders(IReadOnlyDictionary<string, EngineLock.Mark> marks) =>
        marks.ToDictionary(mark => mark.Key, mark => mark.Value.Holder, StringComparer.Ordinal);

    private static async Task<(IReadOnlyList<RollbackRecord> Operations, string? Problem)> ReadOperationsAsync(
        IContainerEngine engine, StateStore state, IReadOnlyDictionary<string, EngineLock.Mark> marks, CancellationToken cancellation)
    {
        var found = new List<RollbackRecord>();
        string? problem = null;
        try
        {
            found.AddRange(marks.Values.Where(mark => mark is { IsHeld: false, Problem: null }).Select(mark => mark.Record?.Record).OfType<RollbackRecord>());
            problem = marks.Values.Select(mark => mark is { IsHeld: false, Problem: { } unreadable } ? Errors.Finding(unreadable) : null)
                .FirstOrDefault(each => each is not null);
            foreach (var entry in new RollbackJournal(state).AllUnfinished(engine.Host).Where(entry => !found.Exists(record => record.Id == entry.Record.Id)))
            {
                if (!await HasEndedElsewhereAsync(engine, entry, cancellation).ConfigureAwait(false))
                    found.Add(entry.Record);
            }
        }
        catch (ShoreGuardException error)
        {
            problem = Errors.Finding(error);
        }
        return (found, problem);
    }

    /// <summary>The same, of an engine whose containers' names, and whose locks by the names of their deployments, are known.</summary>
    internal static UnfinishedWork Read(StateStore state, string host, IEnumerable<string> names, IReadOnlyDictionary<string, LockHolder> marks)
    {
        try
        {
            return new(state, host, new RollbackJournal(state).AllUnfinished(host).Select(entry => entry.Record), names, marks, problem: null);
        }
        catch (ShoreGuardException error)
        {
            return new(state, host, [], names, marks, Errors.Finding(error));
        }
    }

    /// <summary>The operations that are unfinished, whoever has begun them.</summary>
    internal IEnumerable<RollbackRecord> Operations => _operations.SelectMany(each => each);

    /// <summary>What was left of a deployment, and what ends it; null when nothing was. What a process is at is not unfinished.</summary>
    public string? Of(Deployment deployment)
    {
        var name = ImageRollback.NameOf(deployment);
        return Find(name) is { } error ? $"{Errors.Finding(error)}. {error.Recommendation}" : null;
    }

    /// <summary>Refuses to change a deployment of which anything is unfinished, of whatever kind. To be called under its lock.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackUnfinished</c>, <c>PartInterrupted</c>; <c>DowngradeNoteUnreadable</c>; those of the
    /// journal.</exception>
    internal static async Task RequireNoneAsync(IContainerEngine engine, string name, LockClaim claim, CancellationToken cancellation)
    {
        if (new RollbackJournal(claim.State).FindUnfinished(engine.Host, name) is { } unfinished && unfinished.Record.Id != claim.Rollback)
        {
            if (!await HasEndedElsewhereAsync(engine, unfinished, cancellation).ConfigureAwait(false))
                throw Errors.RollbackUnfinished(unfinished.Record);
            RollbackLog.CloseElsewhere(claim.State, unfinished);
        }
        if (!claim.Mends)
            await RequireNoPartAsync(engine, claim.State, name, cancellation).ConfigureAwait(false);
    }

    /// <summary>The same before anybody is asked and any lock is taken; somebody's work that is under way is no less a reason.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="state">The store of whoever asks.</param>
    /// <param name="name">The deployment's name.</param>
    /// <param name="own">The id of the operation that it is about; null for none.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException">As there; <c>RollbackInProgress</c>, <c>StateNotWritable</c>, <c>RecordTooNew</c>,
    /// <c>RecordUnreadable</c>.</exception>
    internal static async Task RequireNoneYetAsync(IContainerEngine engine, StateStore state, string name, string? own, CancellationToken cancellation)
    {
        await DeploymentLock.RequireFreeAsync(engine, state, name, cancellation).ConfigureAwait(false);
        if (await FindAsync(engine, state, name, cancellation).ConfigureAwait(false) is { } unfinished && unfinished.Record.Id != own)
            throw Errors.RollbackUnfinished(unfinished.Record);
    }

    /// <summary>What is unfinished of a deployment, by the engine, else by the journal of this state folder; null when nothing is. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>RecordTooNew</c>, <c>RecordUnreadable</c>; those of the journal and of the engine.</exception>
    internal static async Task<RollbackJournal.Entry?> FindAsync(IContainerEngine engine, StateStore state, string name, CancellationToken cancellation)
    {
        if (await EngineLock.FindAsync(engine, name, cancellation).ConfigureAwait(false) is { IsHeld: false, Record: { } record })
            return record;
        return new RollbackJournal(state).FindUnfinished(engine.Host, name) is { } entry
            && !await HasEndedElsewhereAsync(engine, entry, cancellation).ConfigureAwait(false) ? entry : null;
    }

    /// <summary>Refuses to change a deployment of which anything is unfinished, before anybody is asked.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="RequireNoneYetAsync"/>; <c>PartInterrupted</c>; those with which an engine cannot be
    /// reached.</exception>
    public static async Task RequireNoneAsync(StateStore state, Deployment deployment, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        var name = ImageRollback.NameOf(deployment);
        await RequireNoneYetAsync(engine, state, name, own: null, cancellation).ConfigureAwait(false);
        await RequireNoPartAsync(engine, state, name, cancellation).ConfigureAwait(false);
    }

    // The journal says that it is unfinished, and the engine, which was told of it, knows nothing of it any more: somebody with another state folder
    // has ended it. That
    // a hand has only removed the lock is told apart by what would be left.
    internal static async Task<bool> HasEndedElsewhereAsync(IContainerEngine engine, RollbackJournal.Entry entry, CancellationToken cancellation)
    {
        var name = entry.Record.Name;
        if (!entry.IsOnEngine || (await EngineLock.FindAsync(engine, name, cancellation).ConfigureAwait(false))?.Holder.Rollback == entry.Record.Id)
            return false;
        if (await IsSwitchedAsync(engine, name, cancellation).ConfigureAwait(false))
            return false;
        if (entry.Note.Downgrade is { IsConcluded: false } downgrade
            && await engine.InspectContainerAsync(downgrade.Worker, cancellation).ConfigureAwait(false) is not null)
            return false;
        // Where there is no container any more, there is nothing to put in order.
        var container = await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false);
        return container is null || container.IsUp || entry.Note is not { WasRunning: true, HasHeld: false, DownSince: not null };
    }

    private static async Task RequireNoPartAsync(IContainerEngine engine, StateStore state, string name, CancellationToken cancellation)
    {
        if (FindPart(state, engine.Host, name, await IsSwitchedAsync(engine, name, cancellation).ConfigureAwait(false)) is { } part)
            throw part;
    }

    private static async Task<bool> IsSwitchedAsync(IContainerEngine engine, string name, CancellationToken cancellation) =>
        (await engine.ListNamesAsync($"{name}-shoreguard-", cancellation).ConfigureAwait(false)).Select(SwitchNames.Parse).Any(parsed => parsed?.Name == name);

    private ShoreGuardException? Find(string name)
    {
        try
        {
            if (_operations[name].FirstOrDefault() is { } operation)
                return Errors.RollbackUnfinished(operation);
            var mark = _marks.GetValueOrDefault(name);
            if (DeploymentLock.IsHeld(_state, _host, name) || mark?.Process.IsGone() == false)
                return null;
            return mark?.IsKnownElsewhereOnly(_state) == true ? LockRefusal.Elsewhere(name, mark) : FindPart(_state, _host, name, _switched.Contains(name));
        }
        catch (ShoreGuardException unreadable)
        {
            return unreadable;
        }
    }

    private static ShoreGuardException? FindPart(StateStore state, string host, string name, bool isSwitched) =>
        DowngradeFile.Find(state, host, name) is { IsConcluded: false }
        ? Errors.PartInterrupted(name, "A schema downgrade", "Invoke-ShoreGuardSchemaDowngrade")
        : isSwitched ? Errors.PartInterrupted(name, "An image rollback", "Invoke-ShoreGuardImageRollback") : null;
}
