using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Execution;

/// <summary>What has been done to deployments: the journal of this state folder, and what engines know that is unfinished, whoever has begun it.</summary>
public static class OperationHistory
{
    /// <summary>All of it, the latest first. Changes nothing.</summary>
    /// <param name="dockerHost">The engine to ask; null for that of the environment. One that cannot be asked is told to the reporter, and left out.</param>
    /// <param name="reporter">Where is said what could not be looked at.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public static async Task<IReadOnlyList<RollbackRecord>> ReadAsync(string? dockerHost, IReporter reporter, CancellationToken cancellation)
    {
        var known = RollbackJournal.All();
        try
        {
            using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
            var found = new List<RollbackRecord>();
            foreach (var (name, mark) in await EngineLock.AllAsync(engine, cancellation).ConfigureAwait(false))
            {
                if (await TryReadAsync(engine, name, mark, reporter, cancellation).ConfigureAwait(false) is { } record)
                    found.Add(record);
            }
            var ids = found.Select(record => record.Id).ToHashSet(StringComparer.Ordinal);
            var steps = known.ToDictionary(record => record.Id, record => record.Steps, StringComparer.Ordinal);
            return [.. found.Select(record => record with { Steps = steps.GetValueOrDefault(record.Id, []) }).Concat(known.Where(record => !ids.Contains(record.Id)))
                .OrderByDescending(record => record.StartedAt)];
        }
        catch (ShoreGuardException error)
        {
            reporter.Verbose($"What other state folders have left unfinished on the engine is not known: {Errors.Finding(error)}.");
            return known;
        }
    }

    private static async Task<RollbackRecord?> TryReadAsync(IContainerEngine engine, string name, EngineLock.Mark mark, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            var entry = await EngineLock.ReadRecordAsync(engine, name, mark, cancellation).ConfigureAwait(false);
            return entry is null ? null : entry.Record with { State = mark.Holder.Process.IsGone() ? RollbackState.Unfinished : RollbackState.UnderWay };
        }
        catch (ShoreGuardException error) when (error.Id is "RecordTooNew" or "RecordUnreadable")
        {
            reporter.Warning($"{error.Message} {error.Recommendation}");
            return null;
        }
    }

    /// <summary>What an engine knows of an operation, and who is or was at it; null where it knows nothing, or cannot be asked.</summary>
    /// <exception cref="ShoreGuardException"><c>RecordTooNew</c>, <c>RecordUnreadable</c>.</exception>
    internal static async Task<(RollbackJournal.Entry Entry, LockHolder Holder)?> FindOnEngineAsync(string id, string? dockerHost, CancellationToken cancellation)
    {
        try
        {
            using var engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
            return await FindOnEngineAsync(engine, id, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id is "EngineUnreachable" or "EnginePermissionDenied" or "EngineTlsFailed" or "EngineTooOld" or "DockerHostInvalid")
        {
            return null;
        }
    }

    /// <summary>The same on one that is connected.</summary>
    internal static async Task<(RollbackJournal.Entry Entry, LockHolder Holder)?> FindOnEngineAsync(IContainerEngine engine, string id, CancellationToken cancellation)
    {
        foreach (var (name, mark) in await EngineLock.AllAsync(engine, cancellation).ConfigureAwait(false))
        {
            if (mark.Holder.Rollback?.StartsWith(id, StringComparison.OrdinalIgnoreCase) == true
                && await EngineLock.ReadRecordAsync(engine, name, mark, cancellation).ConfigureAwait(false) is { } entry)
            {
                return (entry, mark.Holder);
            }
        }
        return null;
    }
}
