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

    private UnfinishedWork(string host, IReadOnlyList<RollbackRecord> rollbacks, IEnumerable<string> names, string? problem)
    {
        _host = host;
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
        using var engine = await DockerEngine.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        var names = await Task.WhenAll(SwitchNames.Parts.Select(part => engine.ListNamesAsync(part, cancellation))).ConfigureAwait(false);
        return Read(engine.Host, names.SelectMany(each => each));
    }

    /// <summary>The same, of an engine whose containers' names are known.</summary>
    internal static UnfinishedWork Read(string host, IEnumerable<string> names)
    {
        try
        {
            return new(host, RollbackJournal.AllUnfinished(host), names, problem: null);
        }
        catch (ShoreGuardException error)
        {
            return new(host, [], names, Errors.Finding(error));
        }
    }

    /// <summary>What was left of a deployment, and what ends it; null when nothing was. What a process is at is not unfinished.</summary>
    public string? Of(Deployment deployment)
    {
        var name = ImageRollback.NameOf(deployment);
        return Find(name) is { } error ? $"{Errors.Finding(error)}. {error.Recommendation}" : null;
    }

    private ShoreGuardException? Find(string name)
    {
        try
        {
            if (_rollbacks[name].FirstOrDefault() is { } rollback)
                return Errors.RollbackUnfinished(rollback);
            var isDowngraded = DowngradeNote.Find(_host, name) is { IsConcluded: false };
            if (!(isDowngraded || _switched.Contains(name)) || DeploymentLock.IsHeld(_host, name))
                return null;
            return isDowngraded
                ? Errors.PartInterrupted(name, "A schema downgrade", "Invoke-ShoreGuardSchemaDowngrade")
                : Errors.PartInterrupted(name, "An image rollback", "Invoke-ShoreGuardImageRollback");
        }
        catch (ShoreGuardException unreadable)
        {
            return unreadable;
        }
    }
}
