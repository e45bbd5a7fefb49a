using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Restores a PostgreSQL database: into a new one beside it while the old one serves, then both change names in one transaction.</summary>
internal sealed class PostgresSideRestore : IRestore
{
    private const int MostDrops = 4;

    // Whose things are, who may do what, and comments on what is not its own: of that nothing is looked at in a drill.
    private static readonly RestoreRights OfARoleOfItsOwn =
        new(["--no-owner", "--no-privileges", "--no-comments", "--no-publications", "--no-security-labels"], new HashSet<string>(), []);

    private readonly PostgresRestorePlan _plan;
    private readonly PostgresServer _server;
    private readonly int _jobs;
    private readonly string _side;
    private readonly string _kept;
    private readonly PostgresMark _mark;
    private readonly PostgresSwap _swap;
    private DrillRole? _role;
    private bool _swapped;

    private PostgresSideRestore(PostgresRestorePlan plan, int jobs, string side, string kept)
    {
        _plan = plan;
        _server = plan.Server;
        _jobs = jobs;
        _side = side;
        _kept = kept;
        _mark = PostgresMark.Mine(plan.Server.Database);
        _swap = new(plan.Server, plan.Force);
        Tools = plan.Tools;
    }

    /// <summary>Has the new database made by a role that owns nothing else, and be its property. For one that is only looked at, and dropped.</summary>
    public async Task UseAsync(DrillRole role, CancellationToken cancellation)
    {
        _role = role;
        Tools = await PostgresTools.FindAsync(role.Server, _plan.Tools.Major, cancellation).ConfigureAwait(false);
    }

    /// <summary>The name of the new database until the two change names.</summary>
    public string Side => _side;
    /// <summary>The tools that restore it.</summary>
    public PostgresTools Tools { get; private set; }

    public string How => $"the present database is kept under another name{_plan.Ended}";
    public DatabaseContents? Before => _plan.Before;
    public DatabaseContents Contents => _plan.Dump.Contents;
    public string? Kept => _swapped ? _kept : null;
    public string? Afterwards { get; private init; }
    public string? KeptName => _kept;
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _plan.Checks.Checks;

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static async Task<PostgresSideRestore> PlanAsync(
        PostgresRestorePlan plan, NpgsqlConnection connection, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var server = plan.Server;
        // Found out now, not during the outage.
        await using (await server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false))
        {
        }
        var stamp = BackupFile.Stamp(DateTimeOffset.UtcNow).ToLowerInvariant();
        // Nobody else's at the same time: what fails drops the one it has made.
        var side = await PostgresCatalog.FreeNameAsync(
            connection, server.Database, $"_{options.Purpose}_{stamp}_{Guid.NewGuid().ToString("n")[..6]}", cancellation).ConfigureAwait(false);
        var kept = await PostgresCatalog.FreeNameAsync(connection, server.Database, PostgresCatalog.KeptSuffix(), cancellation).ConfigureAwait(false);
        if (!plan.Tools.CanSeek && options.Jobs > 1)
            reporter.Warning($"-Jobs has no effect: the tools in {plan.Tools.Place} are given the backup as a stream, which one connection restores.");
        var slots = options.Replaces ? await PostgresReplication.TellOfSlotsAsync(connection, kept, cancellation).ConfigureAwait(false) : null;
        if (slots is not null)
            reporter.Warning(slots);
        var jobs = plan.Tools.CanSeek ? options.Jobs ?? Math.Min(4, Environment.ProcessorCount) : 1;
        return new(plan, jobs, side, kept) { Afterwards = slots };
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        await _swap.OnServerAsync(connection => DropLeftOversAsync(connection, steps, reporter, cancellation), cancellation).ConfigureAwait(false);
        await steps.RunAsync("Create a new database beside the old one", async () =>
        {
            await _swap.OnServerAsync(connection => CreateAsync(connection, cancellation), cancellation).ConfigureAwait(false);
            return _side;
        }, DropSideAsync).ConfigureAwait(false);
        await steps.RunAsync("Restore the backup into the new database", () => RestoreAsync(reporter, cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Prove the new database", () => ProveAsync(cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Carry over settings and grants", async () =>
        {
            await _swap.OnServerAsync(connection => _plan.Traits.ApplyAsync(connection, _side, cancellation), cancellation).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
    }

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        await steps.RunAsync("Exchange the names of the two databases", async () =>
        {
            await _swap.ExchangeAsync(_kept, _side, _plan.Traits.FinalStatements(_server.Database), cancellation).ConfigureAwait(false);
            _swapped = true;
            return $"old one: {_kept}";
        }, async () =>
        {
            await _swap.UndoAsync(_kept, _side, _plan.Traits.UndoStatements(_side, _mark)).ConfigureAwait(false);
            _swapped = false;
        }).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", () => _server.ProveInPlaceAsync(Contents.Revision, cancellation)).ConfigureAwait(false);
    }

    public Task CleanUpAsync() => _swap.CloseAsync();

    private async Task DropLeftOversAsync(NpgsqlConnection connection, StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        var dropped = await PostgresMark.DropLeftOversAsync(_server, connection, reporter, cancellation).ConfigureAwait(false);
        if (dropped.Count > 0)
            await steps.RunAsync("Drop what a killed process has left", () => Task.FromResult<string?>(string.Join(", ", dropped))).ConfigureAwait(false);
    }

    private async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await PostgresCatalog.ExecuteAsync(connection, _plan.Traits.CreateStatement(_side, _role?.Name), cancellation).ConfigureAwait(false);
        await PostgresCatalog.ExecuteAsync(connection, _mark.Statement(_side), cancellation).ConfigureAwait(false);
        if (_role is not null)
            await CreateExtensionsAsync(cancellation).ConfigureAwait(false);
    }

    // Most may be created by a superuser alone, and the backup only creates those that are not there. They are the server's, and not the backup's.
    private async Task CreateExtensionsAsync(CancellationToken cancellation)
    {
        const string InUse = "SELECT e.extname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' AND n.nspname IN "
            + "('public', 'pg_catalog')";
        await using var present = await _server.OpenAsync(_server.Database, cancellation).ConfigureAwait(false);
        var names = await PostgresCatalog.QueryAsync(present, InUse, row => row.GetString(0), cancellation).ConfigureAwait(false);
        if (names.Count == 0)
            return;
        await using var side = await _server.OpenAsync(_side, cancellation).ConfigureAwait(false);
        foreach (var name in names)
            await PostgresCatalog.ExecuteAsync(side, $"CREATE EXTENSION IF NOT EXISTS {PostgresCatalog.Quote(name)} CASCADE", cancellation)
                .ConfigureAwait(false);
    }

    private async Task<string?> RestoreAsync(IReporter reporter, CancellationToken cancellation)
    {
        var owner = _plan.Traits.Owner;
        var rights = _role is null ? await _plan.RightsAsync((owner, [$"--role={owner}"]), reporter, cancellation).ConfigureAwait(false) : OfARoleOfItsOwn;
        // The name may hold what a connection string would take for its own syntax.
        var name = _side.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        // pg_restore leaves out all grants or none, so where some cannot be made the others are made here.
        string[] all = rights.Lost.Count > 0 ? ["--no-privileges"] : [];
        string[] arguments = [$"--dbname=dbname='{name}'", "--no-password", "--exit-on-error", "--no-subscriptions", .. _jobs > 1
            ? [$"--jobs={_jobs}"] : Array.Empty<string>(), .. rights.Arguments, .. all];
        try
        {
            await Tools.RunAsync("pg_restore", arguments, _side, _plan.BackupPath, Stream.Null, cancellation).ConfigureAwait(false);
            if (rights.Lost.Count > 0)
                await GrantAsync(rights.Kept, cancellation).ConfigureAwait(false);
            return $"{_jobs} {(_jobs == 1 ? "connection" : "connections")}, tools in {Tools.Place}";
        }
        catch (PostgresToolException error)
        {
            if (!PostgresRestorePlan.LacksName(error) || !await PsqlSession.ExistsAsync(Tools, cancellation).ConfigureAwait(false))
                throw Errors.RestoreFailed(_server.Name, error.Message, error);
            _plan.TellOfPath(reporter, error);
            return await RestoreAgainAsync(rights, cancellation).ConfigureAwait(false);
        }
    }

    // pg_restore itself cannot be told another search_path, but psql takes its script with one.
    private async Task<string?> RestoreAgainAsync(RestoreRights rights, CancellationToken cancellation)
    {
        await DropSideAsync().ConfigureAwait(false);
        await _swap.OnServerAsync(connection => CreateAsync(connection, cancellation), cancellation).ConfigureAwait(false);
        var session = PsqlSession.Start(Tools, _side);
        await using (session.ConfigureAwait(false))
        {
            try
            {
                await session.AskAsync($"{PostgresServer.NoLimits}\nSET client_min_messages = warning;\nBEGIN;", cancellation).ConfigureAwait(false);
                await using (var script = new DumpFilter(session.Script, KeptObjects.None(rights.Lost), _plan.BackupPath, _plan.SearchPath))
                    await Tools.RunAsync("pg_restore", ["--file=-", "--no-subscriptions", .. rights.Arguments], "", _plan.BackupPath, script, cancellation)
                        .ConfigureAwait(false);
                await session.AskAsync("COMMIT;", cancellation).ConfigureAwait(false);
                return $"one connection, tools in {Tools.Place}";
            }
            catch (PostgresToolException error)
            {
                throw Errors.RestoreFailed(_server.Name, PostgresInPlaceRestore.Sentence(error.Message), error);
            }
        }
    }

    private async Task GrantAsync(IReadOnlyList<string> statements, CancellationToken cancellation)
    {
        await using var connection = await _server.OpenAsync(_side, cancellation).ConfigureAwait(false);
        try
        {
            foreach (var statement in statements)
                await PostgresCatalog.ExecuteAsync(connection, statement, cancellation).ConfigureAwait(false);
        }
        catch (NpgsqlException error)
        {
            throw Errors.RestoreFailed(_server.Name, error is PostgresException refused ? refused.MessageText : Errors.Reason(error), error);
        }
    }

    private async Task<string?> ProveAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await (_role?.Server ?? _server).OpenAsync(_side, cancellation).ConfigureAwait(false);
            var found = await _plan.Checks.RunAsync("copy: revision and rows", () => CompareAsync(connection, cancellation)).ConfigureAwait(false);
            await _plan.Checks.RunAsync("copy: constraints and indexes", () => CheckValidAsync(connection, cancellation)).ConfigureAwait(false);
            // Without statistics the first queries of the application would be slow ones.
            await PostgresCatalog.ExecuteAsync(connection, "ANALYZE", cancellation).ConfigureAwait(false);
            Size = (await PostgresCatalog.QueryAsync(connection, "SELECT pg_database_size(current_database())", row => row.GetInt64(0), cancellation)
                .ConfigureAwait(false))[0];
            return found.Describe();
        }
        catch (NpgsqlException error)
        {
            throw Errors.RestoreFailed(_server.Name, error is PostgresException refused ? refused.MessageText : Errors.Reason(error), error);
        }
    }

    private async Task<(DatabaseContents, string?)> CompareAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var found = await PostgresCatalog.DescribeCopyAsync(connection, _plan.VersionSchema, Contents.Revision, cancellation).ConfigureAwait(false);
        _plan.Compare(found);
        return (found, found.Describe());
    }

    private async Task<(bool, string?)> CheckValidAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        _plan.RequireNone(await PostgresCatalog.QueryAsync(connection, PostgresRestorePlan.InvalidConstraints, row => row.GetString(0), cancellation)
            .ConfigureAwait(false));
        return (true, null);
    }

    private Task DropSideAsync() => _swap.OnServerAsync(DropSideAsync, CancellationToken.None);

    // FORCE ends our sessions there, but not what autovacuum runs there, which is no role's, and is refused then (PostgreSQL's TerminateOtherDBBackends).
    // Without it, the server ends autovacuum by itself, and waits five seconds (CountOtherDBBackends).
    private async Task DropSideAsync(NpgsqlConnection connection)
    {
        for (var tries = 1; ; tries++)
        {
            var isForced = tries % 2 == 1;
            try
            {
                var drop = $"DROP DATABASE IF EXISTS {PostgresCatalog.Quote(_side)}{(isForced ? " WITH (FORCE)" : "")}";
                await PostgresCatalog.ExecuteAsync(connection, drop, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (PostgresException error) when (tries < MostDrops
                && error.SqlState == (isForced ? PostgresErrorCodes.InsufficientPrivilege : PostgresErrorCodes.ObjectInUse))
            {
                // Once more, in the other way.
            }
        }
    }
}
