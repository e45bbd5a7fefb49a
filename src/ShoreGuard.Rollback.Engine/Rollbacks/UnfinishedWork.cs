using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>What was begun on the deployments of an engine and not brought to an end: by the journal, the notes of downgrades, and the
/// names that a switch leaves. Read once for all of them.</summary>
public sealed class UnfinishedWork
{
    private readonly string _host;
    private readonly ILookup<string, RollbackRecord> _rollbacks;
    private readonly HashSet<string> _switched;
    private readonly IReadOnlyDictionary<string, LockHolder> _marks;

    private UnfinishedWork(string host, IReadOnlyList<RollbackRecord> rollbacks, IEnumerable<string> names, IReadOnlyDictionary<string, LockHolder> marks, string? problem)
    {
        _host = host;
        _marks = marks;
        _rollbacks = rollbacks.ToLookup(rollback => rollback.Name, StringComparer.Ordinal);
        var left = names.Select(SwitchNames.Parse).OfType<(string Name, string Role, string Id)>();
        _switched = left.Select(parsed => parsed.Name).ToHashSet(StringComparer.Ordinal);
        Problem = problem;
    }

    /// <summary>Why the journal could not be read; null when it could.</summary>
    public string? Problem { get; }

    /// <summary>Looks for it. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">Those with which an engine cannot be reached.</exception>
    public static async Task<UnfinishedWork> ReadAsync(string? dockerHost, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        var names = await Task.WhenAll(SwitchNames.Parts.Select(part => engine.ListNamesAsync(part, cancellation))).ConfigureAwait(false);
        return Read(engine.Host, names.SelectMany(each => each), await EngineLock.AllAsync(engine, cancellation).ConfigureAwait(false));
    }

    /// <summary>The same, of an engine whose containers' names, and whose locks by the names of their deployments, are known.</summary>
    internal static UnfinishedWork Read(string host, IEnumerable<string> names, IReadOnlyDictionary<string, LockHolder> marks)
    {
        try
        {
            return new(host, RollbackJournal.AllUnfinished(host), names, marks, problem: null);
        }
        catch (ShoreGuardException error)
        {
            return new(host, [], names, marks, Errors.Finding(error));
        }
    }

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
        if (RollbackJournal.FindUnfinished(engine.Host, name) is { } unfinished && unfinished.Id != claim.Rollback)
            throw Errors.RollbackUnfinished(unfinished);
        if (claim.Mends)
            return;
        var names = await engine.ListNamesAsync($"{name}-shoreguard-", cancellation).ConfigureAwait(false);
        if (FindPart(engine.Host, name, names.Select(SwitchNames.Parse).Any(parsed => parsed?.Name == name)) is { } part)
            throw part;
    }

    /// <summary>The same before anybody is asked; somebody's work that is under way is no less a reason.</summary>
    /// <exception cref="ShoreGuardException">As there; <c>RollbackInProgress</c>, <c>StateNotWritable</c>; those with which an engine cannot be
    /// reached.</exception>
    public static async Task RequireNoneAsync(Deployment deployment, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        var name = ImageRollback.NameOf(deployment);
        await DeploymentLock.RequireFreeAsync(engine, name, cancellation).ConfigureAwait(false);
        await RequireNoneAsync(engine, name, new("look"), cancellation).ConfigureAwait(false);
    }

    private ShoreGuardException? Find(string name)
    {
        try
        {
            if (_rollbacks[name].FirstOrDefault() is { } rollback)
                return Errors.RollbackUnfinished(rollback);
            var mark = _marks.GetValueOrDefault(name);
            if (DeploymentLock.IsHeld(_host, name) || mark?.Process.IsGone() == false)
                return null;
            return mark is { IsKnownElsewhereOnly: true } ? Errors.OperationElsewhere(name, mark, EngineLock.NameOf(name)) : FindPart(_host, name, _switched.Contains(name));
        }
        catch (ShoreGuardException unreadable)
        {
            return unreadable;
        }
    }

    private static ShoreGuardException? FindPart(string host, string name, bool isSwitched) => DowngradeNote.Find(host, name) is { IsConcluded: false }
        ? Errors.PartInterrupted(name, "A schema downgrade", "Invoke-ShoreGuardSchemaDowngrade")
        : isSwitched ? Errors.PartInterrupted(name, "An image rollback", "Invoke-ShoreGuardImageRollback") : null;
}
