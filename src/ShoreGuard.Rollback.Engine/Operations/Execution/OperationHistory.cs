using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>What has been done to deployments: the journal of this state folder, and what engines know that is unfinished, whoever has begun it.</summary>
public static class OperationHistory
{
    /// <summary>All of it, the latest first. Changes nothing.</summary>
    /// <param name="state">The store with the journal.</param>
    /// <param name="dockerHost">The engine to ask; null for that of the environment. One that cannot be asked is told to the reporter, and left out.</param>
    /// <param name="reporter">Where is said what could not be looked at.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public static async Task<IReadOnlyList<RollbackRecord>> ReadAsync(StateStore state, string? dockerHost, IReporter reporter, CancellationToken cancellation)
    {
        var known = new RollbackJournal(state).All();
        try
        {
            using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
            var found = new List<RollbackRecord>();
            foreach (var mark in (await EngineLock.AllAsync(engine, cancellation).ConfigureAwait(false)).Values)
            {
                if (TryRead(mark, reporter) is { } record)
                    found.Add(record);
            }
            // What has ended here is about to be taken from the engine.
            var ended = known.Where(record => record.State is not (RollbackState.Unfinished or RollbackState.UnderWay))
                .Select(record => record.Id).ToHashSet(StringComparer.Ordinal);
            found.RemoveAll(record => ended.Contains(record.Id));
            var ids = found.Select(record => record.Id).ToHashSet(StringComparer.Ordinal);
            var steps = known.ToDictionary(record => record.Id, record => record.Steps, StringComparer.Ordinal);
            known = await WithoutWhatHasEndedAsync(engine, state, known, cancellation).ConfigureAwait(false);
            return [.. found.Select(record => record with { Steps = steps.GetValueOrDefault(record.Id, []) })
                .Concat(known.Where(record => !ids.Contains(record.Id)))
                .OrderByDescending(record => record.StartedAt)];
        }
        catch (ShoreGuardException error)
        {
            reporter.Verbose($"What other state folders have left unfinished on the engine is not known: {Errors.Finding(error)}.");
            return known;
        }
    }

    // In the journal of whoever began it, what somebody else has brought to its end is still unfinished.
    private static async Task<IReadOnlyList<RollbackRecord>> WithoutWhatHasEndedAsync(
        IContainerEngine engine, StateStore state, IReadOnlyList<RollbackRecord> known, CancellationToken cancellation)
    {
        var (journal, records) = (new RollbackJournal(state), new List<RollbackRecord>());
        foreach (var record in known)
        {
            var hasEnded = record.IsUnfinished && record.DockerHost == engine.Host && journal.TryGet(record.Id) is { } entry
                && await UnfinishedWork.HasEndedElsewhereAsync(engine, entry, cancellation).ConfigureAwait(false);
            records.Add(hasEnded ? record with { State = RollbackState.Closed, Reason = RollbackLog.EndedElsewhere } : record);
        }
        return records;
    }

    private static RollbackRecord? TryRead(EngineLock.Mark mark, IReporter reporter)
    {
        if (mark is { IsHeld: true, Problem: not null })
            return null;
        if (mark.Problem is { } problem)
        {
            reporter.Warning($"{problem.Message} {problem.Recommendation}");
            return null;
        }
        return mark.Record is { } entry ? entry.Record with { State = mark.IsHeld ? RollbackState.UnderWay : RollbackState.Unfinished } : null;
    }

    /// <summary>What an engine knows of an operation, and who is or was at it; null where it knows nothing, or cannot be asked.</summary>
    /// <exception cref="ShoreGuardException"><c>RecordTooNew</c>, <c>RecordUnreadable</c>.</exception>
    internal static async Task<(RollbackJournal.Entry Entry, EngineLock.Mark Mark)?> FindOnEngineAsync(
        string id, string? dockerHost, CancellationToken cancellation)
    {
        try
        {
            using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
            return await FindOnEngineAsync(engine, id, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id is nameof(
            Errors.EngineUnreachable) or nameof(
            Errors.EnginePermissionDenied) or nameof(Errors.EngineTlsFailed) or nameof(Errors.EngineTooOld) or nameof(Errors.DockerHostInvalid))
        {
            return null;
        }
    }

    /// <summary>The same on one that is connected.</summary>
    internal static async Task<(RollbackJournal.Entry Entry, EngineLock.Mark Mark)?> FindOnEngineAsync(
        IContainerEngine engine, string id, CancellationToken cancellation)
    {
        foreach (var mark in (await EngineLock.AllAsync(engine, cancellation).ConfigureAwait(false)).Values)
        {
            if (mark.Holder.Rollback?.StartsWith(id, StringComparison.OrdinalIgnoreCase) == true && mark.Record is { } entry)
                return (entry, mark);
        }
        return null;
    }
}
