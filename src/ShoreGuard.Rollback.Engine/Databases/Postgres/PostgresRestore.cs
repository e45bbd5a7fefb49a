using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Restores a PostgreSQL database: into a new one beside it while the old one serves, then both change names in one transaction.</summary>
internal sealed class PostgresRestore : IRestore
{
    private readonly PostgresServer _server;
    private readonly PostgresTools _tools;
    private readonly PostgresTraits _traits;
    private readonly DumpContents _dump;
    private readonly string _backupPath;
    private readonly int _jobs;
    private readonly CheckRecorder _checks;
    private readonly string _side;
    private readonly string _kept;
    private bool _swapped;

    private PostgresRestore(
        PostgresServer server, PostgresTools tools, PostgresTraits traits, DatabaseContents? before, DumpContents dump, string backupPath, int jobs,
        CheckRecorder checks, string side, string kept)
    {
        _server = server;
        _tools = tools;
        _traits = traits;
        _dump = dump;
        _backupPath = backupPath;
        _jobs = jobs;
        _checks = checks;
        _side = side;
        _kept = kept;
        Before = before;
    }

    public DatabaseContents? Before { get; }
    public DatabaseContents Contents => _dump.Contents;
    public string? Kept => _swapped ? _kept : null;
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static async Task<PostgresRestore> PlanAsync(PostgresServer server, string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        BackupSource.CheckFile(backupPath, DatabaseKind.Postgres);
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var major = PostgresCatalog.Major(connection);
        var tools = await PostgresTools.FindAsync(server, major, cancellation).ConfigureAwait(false);
        reporter.Verbose($"PostgreSQL {major}, tools in {tools.Place}");
        var checks = new CheckRecorder(reporter);
        var dump = await PostgresDumpProof.ProveAsync(backupPath, major, tools, checks, cancellation).ConfigureAwait(false);
        var traits = await PostgresTraits.ReadAsync(connection, server.Database, cancellation).ConfigureAwait(false);
        if (!traits.CanReplace)
            throw Errors.CreateDatabaseDenied(server.Name, server.User, traits.Owner);
        var sessions = await PostgresCatalog.SessionsAsync(connection, server.Database, cancellation).ConfigureAwait(false);
        if (!options.ApplicationIsManaged && sessions.Count > 0)
            throw Errors.DatabaseBusy(server.Name, sessions);
        // Found out now, not during the outage.
        await using (await server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false))
        {
        }
        var before = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false);
        var stamp = BackupFile.Stamp(DateTimeOffset.UtcNow).ToLowerInvariant();
        var side = await PostgresCatalog.FreeNameAsync(connection, server.Database, $"_restore_{stamp}", cancellation).ConfigureAwait(false);
        var kept = await PostgresCatalog.FreeNameAsync(connection, server.Database, $"_before_{stamp}", cancellation).ConfigureAwait(false);
        if (!tools.CanSeek && options.Jobs > 1)
            reporter.Warning($"-Jobs has no effect: the tools in {tools.Place} are given the backup as a stream, which one connection restores.");
        var jobs = tools.CanSeek ? options.Jobs ?? Math.Min(4, Environment.ProcessorCount) : 1;
        return new(server, tools, traits, before, dump, backupPath, jobs, checks, side, kept);
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        await steps.RunAsync("Create a new database beside the old one", async () =>
        {
            await OnServerAsync(connection => PostgresCatalog.ExecuteAsync(connection, _traits.CreateStatement(_side), cancellation), cancellation).ConfigureAwait(false);
            return _side;
        }, DropSideAsync).ConfigureAwait(false);
        await steps.RunAsync("Restore the backup into the new database", () => RestoreAsync(reporter, cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Prove the new database", () => ProveAsync(cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Carry over settings, comment and grants", async () =>
        {
            await OnServerAsync(connection => _traits.ApplyAsync(connection, _side, cancellation), cancellation).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
    }

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        await steps.RunAsync("Exchange the names of the two databases", async () =>
        {
            await RenameAsync(_kept, _side, cancellation).ConfigureAwait(false);
            _swapped = true;
            return $"old one: {_kept}";
        }, UndoSwapAsync).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", () => ProveInPlaceAsync(cancellation)).ConfigureAwait(false);
    }

    public Task CleanUpAsync() => Task.CompletedTask;

    private async Task<string?> RestoreAsync(IReporter reporter, CancellationToken cancellation)
    {
        var rights = await RightsAsync(reporter, cancellation).ConfigureAwait(false);
        // The name may hold what a connection string would take for its own syntax.
        var name = _side.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        string[] arguments = [$"--dbname=dbname='{name}'", "--no-password", "--exit-on-error", .. _jobs > 1 ? [$"--jobs={_jobs}"] : Array.Empty<string>(), .. rights];
        try
        {
            await _tools.RunAsync("pg_restore", arguments, _side, _backupPath, Stream.Null, cancellation).ConfigureAwait(false);
            return $"{_jobs} {(_jobs == 1 ? "connection" : "connections")}, tools in {_tools.Place}";
        }
        catch (PostgresToolException error)
        {
            throw Errors.RestoreFailed(_server.Name, error.Message, error);
        }
    }

    // Owners and grants of the dump stay where this server has the roles and we may act for them; otherwise everything goes to the database's owner.
    private async Task<string[]> RightsAsync(IReporter reporter, CancellationToken cancellation)
    {
        var known = new List<string>();
        await OnServerAsync(async connection =>
        {
            known = await PostgresCatalog.QueryAsync(connection, "SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')", row => row.GetString(0), cancellation).ConfigureAwait(false);
        }, cancellation).ConfigureAwait(false);
        var missing = _dump.Roles.Except(known).ToList();
        if (missing.Count == 0)
            return [];
        reporter.Warning($"The backup names {(missing.Count == 1 ? "a role" : "roles")} that this server does not have, or for which {_server.User} may not act: {string.Join(", ", missing)}. Everything restored belongs to {_traits.Owner}; grants in the backup are left out.");
        return ["--no-owner", "--no-privileges", $"--role={_traits.Owner}"];
    }

    private async Task<string?> ProveAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _server.OpenAsync(_side, cancellation).ConfigureAwait(false);
            var found = await _checks.RunAsync("copy: revision and rows", () => CompareAsync(connection, cancellation)).ConfigureAwait(false);
            await _checks.RunAsync("copy: constraints and indexes", () => CheckValidAsync(connection, cancellation)).ConfigureAwait(false);
            // Without statistics the first queries of the application would be slow ones.
            await PostgresCatalog.ExecuteAsync(connection, "ANALYZE", cancellation).ConfigureAwait(false);
            Size = (await PostgresCatalog.QueryAsync(connection, "SELECT pg_database_size(current_database())", row => row.GetInt64(0), cancellation).ConfigureAwait(false))[0];
            return found.Describe();
        }
        catch (NpgsqlException error)
        {
            throw Errors.RestoreFailed(_server.Name, error is PostgresException refused ? refused.MessageText : Errors.Reason(error), error);
        }
    }

    private async Task<(DatabaseContents, string?)> CompareAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var found = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false);
        if (found is null || found.Revision != Contents.Revision || !found.Rows.SequenceEqual(Contents.Rows))
            throw Errors.RestoreCopyDamaged(_server.Name, $"it holds {found?.Describe() ?? "no revision"}, the backup {Contents.Describe()}");
        return (found, found.Describe());
    }

    private async Task<(bool, string?)> CheckValidAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var invalid = await PostgresCatalog.QueryAsync(connection, """
            SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready
            UNION ALL SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated
            """, row => row.GetString(0), cancellation).ConfigureAwait(false);
        return invalid.Count == 0 ? (true, null) : throw Errors.RestoreCopyDamaged(_server.Name, $"not valid: {string.Join(", ", invalid)}");
    }

    private async Task<string?> ProveInPlaceAsync(CancellationToken cancellation)
    {
        await using var connection = await _server.OpenAsync(_server.Database, cancellation).ConfigureAwait(false);
        var found = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false);
        return found?.Revision == Contents.Revision ? $"revision {found.Revision}" : throw Errors.RestoreDisturbed(_server.Name, $"it is at revision {found?.Revision}");
    }

    // One transaction: whoever looks, or whatever dies, finds the old database under the name or the new one, never none.
    private Task RenameAsync(string oldBecomes, string newIs, CancellationToken cancellation) => OnServerAsync(async connection =>
    {
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
            await PostgresCatalog.ExecuteAsync(connection, $"ALTER DATABASE {PostgresCatalog.Quote(_server.Database)} RENAME TO {PostgresCatalog.Quote(oldBecomes)}", cancellation).ConfigureAwait(false);
            await PostgresCatalog.ExecuteAsync(connection, $"ALTER DATABASE {PostgresCatalog.Quote(newIs)} RENAME TO {PostgresCatalog.Quote(_server.Database)}", cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            var sessions = await PostgresCatalog.SessionsAsync(connection, _server.Database, cancellation).ConfigureAwait(false);
            throw Errors.DatabaseBusy(_server.Name, sessions, error);
        }
    }, cancellation);

    private async Task UndoSwapAsync()
    {
        // Asked of the server, not of our memory: the answer to the commit may have been lost on the way.
        var swapped = false;
        await OnServerAsync(async connection => swapped = await PostgresCatalog.ExistsAsync(connection, _kept, CancellationToken.None).ConfigureAwait(false), CancellationToken.None).ConfigureAwait(false);
        if (swapped)
            await RenameAsync(_side, _kept, CancellationToken.None).ConfigureAwait(false);
        _swapped = false;
    }

    private Task DropSideAsync() => OnServerAsync(
        connection => PostgresCatalog.ExecuteAsync(connection, $"DROP DATABASE IF EXISTS {PostgresCatalog.Quote(_side)} WITH (FORCE)", CancellationToken.None), CancellationToken.None);

    private async Task OnServerAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellation)
    {
        await using var connection = await _server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false);
        try
        {
            await work(connection).ConfigureAwait(false);
        }
        catch (NpgsqlException error)
        {
            throw Errors.RestoreFailed(_server.Name, error is PostgresException refused ? refused.MessageText : Errors.Reason(error), error);
        }
    }
}
