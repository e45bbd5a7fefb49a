using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Puts back the database that a restore kept: the two change names in one transaction. The one that was there is kept in its turn.</summary>
internal sealed class PostgresUndo : IRestore
{
    private readonly PostgresServer _server;
    private readonly PostgresSwap _swap;
    private readonly string _source;
    private readonly string _kept;
    private readonly CheckRecorder _checks;
    private bool _swapped;

    private PostgresUndo(PostgresServer server, PostgresSwap swap, string source, string kept, CheckRecorder checks)
    {
        _server = server;
        _swap = swap;
        _source = source;
        _kept = kept;
        _checks = checks;
    }

    public required string How { get; init; }
    public string? Afterwards { get; private init; }
    public DatabaseContents? Before { get; private init; }
    public DatabaseContents? Contents { get; private init; }
    public string? Kept => _swapped ? _kept : null;
    public string? KeptName => _kept;
    public long Size { get; private init; }
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    /// <summary>Plans it. What was kept is a database beside the present one or, after a restore in place, a backup, which is restored.</summary>
    /// <inheritdoc cref="IDatabase.PlanUndoAsync"/>
    public static async Task<IRestore> PlanAsync(PostgresServer server, string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        if (!Path.IsPathRooted(kept))
            return await PlanExchangeAsync(server, kept, options, reporter, cancellation).ConfigureAwait(false);
        if (!File.Exists(kept))
            throw Errors.KeptMissing(kept, []);
        BackupSource.CheckFile(kept, DatabaseKind.Postgres);
        try
        {
            return await PostgresRestorePlan.MakeAsync(server, kept, options, reporter, cancellation, foreignAllowed: options.Force).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.BackupForeign))
        {
            throw Errors.KeptForeign(kept, error);
        }
    }

    public Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation) => Task.CompletedTask;

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        await steps.RunAsync("Exchange the names of the two databases", async () =>
        {
            await _swap.ExchangeAsync(_kept, _source, [], cancellation).ConfigureAwait(false);
            _swapped = true;
            return $"present one: {_kept}";
        }, async () =>
        {
            await _swap.UndoAsync(_kept, _source, []).ConfigureAwait(false);
            _swapped = false;
        }).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", () => _server.ProveInPlaceAsync(Contents?.Revision, cancellation)).ConfigureAwait(false);
    }

    public Task CleanUpAsync() => _swap.CloseAsync();

    private static async Task<IRestore> PlanExchangeAsync(
        PostgresServer server, string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        if (!await PostgresCatalog.ExistsAsync(connection, kept, cancellation).ConfigureAwait(false))
            throw Errors.KeptMissing(kept, await PostgresCatalog.KeptAsync(connection, server.Database, cancellation).ConfigureAwait(false));
        foreach (var database in (string[])[server.Database, kept])
        {
            if (!(await PostgresTraits.ReadAsync(connection, database, cancellation).ConfigureAwait(false)).CanReplace)
                throw Errors.UndoNotOwner(server.Name, server.User, database);
        }
        // Found out now, not during the outage.
        await using (await server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false))
        {
        }
        // The application uses the present one alone.
        var ended = await PostgresOccupants.PlanAsync(server, connection, server.Database, options, renames: true, cancellation).ConfigureAwait(false)
            + await PostgresOccupants.PlanAsync(server, connection, kept, options with { ApplicationIsManaged = false }, renames: true, cancellation)
                .ConfigureAwait(false);
        var before = await PostgresRestorePlan.BeforeAsync(server, connection, options, reporter, cancellation).ConfigureAwait(false);
        await PostgresReplication.RequireNoneAsync(server, connection, cancellation).ConfigureAwait(false);
        var checks = new CheckRecorder(reporter);
        var (contents, size) = await ProveAsync(server, kept, checks, options, reporter, cancellation).ConfigureAwait(false);
        var name = await PostgresCatalog.FreeNameAsync(connection, server.Database, PostgresCatalog.KeptSuffix(), cancellation).ConfigureAwait(false);
        var slots = await PostgresReplication.TellOfSlotsAsync(connection, name, cancellation).ConfigureAwait(false);
        if (slots is not null)
            reporter.Warning(slots);
        return new PostgresUndo(server, new(server, options.Force), kept, name, checks)
        {
            Afterwards = slots,
            How = $"the present database is kept under another name, so that this can be undone as well{ended}",
            Before = before,
            Contents = contents,
            Size = size,
        };
    }

    private static async Task<(DatabaseContents?, long)> ProveAsync(
        PostgresServer server, string kept, CheckRecorder checks, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await server.OpenAsync(kept, cancellation).ConfigureAwait(false);
            var contents = await checks.RunAsync("kept database: revision and rows", async () =>
            {
                var found = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false)
                    ?? throw Errors.KeptDamaged(kept, "it has no table alembic_version with one revision in it");
                return (found, (string?)found.Describe());
            }).ConfigureAwait(false);
            await checks.RunAsync("kept database: constraints and indexes", async () =>
            {
                var invalid = await PostgresCatalog.QueryAsync(connection, PostgresRestorePlan.InvalidConstraints, row => row.GetString(0), cancellation)
                    .ConfigureAwait(false);
                return invalid.Count == 0 ? (true, (string?)null) : throw Errors.KeptDamaged(kept, $"not valid: {string.Join(", ", invalid)}");
            }).ConfigureAwait(false);
            return (contents,
                (await PostgresCatalog.QueryAsync(connection, "SELECT pg_database_size(current_database())", row => row.GetInt64(0), cancellation)
                .ConfigureAwait(false))[0]);
        }
        catch (Exception error) when (error is PostgresException or ShoreGuardException { Id: nameof(Errors.KeptDamaged) })
        {
            if (!options.Force)
                throw error as ShoreGuardException ?? Errors.KeptDamaged(kept, Errors.Reason(error), error);
            reporter.Warning($"{Errors.Finding(error)}. It is put back nevertheless.");
            return (null, 0);
        }
    }
}
