using System.Text.RegularExpressions;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>
/// Restores a PostgreSQL database where the role may not create another: it is backed up, then one transaction drops what is there,
/// loads the backup and proves it. Until the commit, every failure and every death is the server's rollback.
/// </summary>
internal sealed partial class PostgresInPlaceRestore : IRestore
{
    /// <summary>How long a lock of another session is waited for.</summary>
    private const string LockTimeout = "5s";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly PostgresRestorePlan _plan;
    private readonly PostgresServer _server;
    private readonly string _folder;
    private readonly bool _isEmpty;
    private IReporter _reporter = SilentReporter.Instance;
    private PsqlSession? _session;
    private (int Process, string Began, long Transaction)? _backend;
    private Backup? _safety;
    private Commitment _commitment;
    private bool _loadBegan;
    private string? _searchPath;

    private PostgresInPlaceRestore(PostgresRestorePlan plan, string folder, bool isEmpty)
    {
        _plan = plan;
        _server = plan.Server;
        _folder = folder;
        _isEmpty = isEmpty;
    }

    private enum Commitment { NotAsked, Unknown, RolledBack, Committed }

    public string How => $"in place and in one transaction, because {_server.User} {_plan.Traits.WhyNotReplaced}; "
        + (_isEmpty ? "there is nothing in it that would have to be kept" : $"the present database is backed up into {_folder} first") + _plan.Ended;

    public DatabaseContents? Before => _plan.Before;
    public DatabaseContents Contents => _plan.Dump.Contents;
    public string? Kept => _commitment is Commitment.Committed or Commitment.Unknown ? _safety?.BackupPath : null;
    public bool IsBroken { get; private set; }
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _plan.Checks.Checks;

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static async Task<PostgresInPlaceRestore> PlanAsync(
        PostgresRestorePlan plan, PostgresInventory inventory, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var (server, tools) = (plan.Server, plan.Tools);
        if (!await PsqlSession.ExistsAsync(tools, cancellation).ConfigureAwait(false))
            throw Errors.PsqlMissing(server.Name, server.User, plan.Traits.WhyNotReplaced, tools.Place);
        if (!inventory.IsEmpty)
            PostgresSpace.RequireForSafety(options.SafetyFolder, plan.Traits.Size);
        foreach (var (name, owner) in inventory.Publications)
            reporter.Warning(
                $"The publication {name} belongs to {owner} and stays as it is; tables that it names one by one are no longer in it when they have been "
                + "replaced. "
                + $"Add them again as {owner}: ALTER PUBLICATION {name} ADD TABLE ...");
        if (options.Jobs > 1)
            reporter.Warning("-Jobs has no effect: one transaction has one connection.");
        return new(plan, options.SafetyFolder, inventory.IsEmpty);
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        _reporter = reporter;
        if (!_isEmpty)
        {
            // Found out now, not when the application has been stopped for it.
            await steps.RunAsync("Check that the present database can be backed up", () =>
            {
                using (BackupFile.Create(_folder, "pgdump"))
                    return Task.FromResult<string?>(_folder);
            }).ConfigureAwait(false);
        }
    }

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        try
        {
            await ReplaceAsync(steps, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (_searchPath is null
            && error is { Id: nameof(Errors.RestoreFailed), InnerException: PostgresToolException refused } && PostgresRestorePlan.LacksName(refused))
        {
            _plan.TellOfPath(_reporter, refused);
            _searchPath = _plan.SearchPath;
            await steps.RunAsync("Roll back, to load it with the database's own search_path", StartOverAsync).ConfigureAwait(false);
            await ReplaceAsync(steps, cancellation).ConfigureAwait(false);
        }
        await steps.RunAsync("Prove the restored database", () => ProveAsync(cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Commit", CommitAsync).ConfigureAwait(false);
    }

    private async Task ReplaceAsync(StepRecorder steps, CancellationToken cancellation)
    {
        await steps.RunAsync("Begin a transaction that keeps others from writing", () => BeginAsync(cancellation), RollBackAsync).ConfigureAwait(false);
        if (_isEmpty)
            steps.Skip("Back the present database up", "there is nothing in it");
        else
            await steps.RunAsync("Back the present database up", () => BackUpAsync(cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Drop what is there", () => DropAsync(cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Load the backup", () => LoadAsync(cancellation)).ConfigureAwait(false);
    }

    // The database is as it was, and may be written to until it is locked again: so it is backed up again, too.
    private async Task<string?> StartOverAsync()
    {
        await RollBackAsync().ConfigureAwait(false);
        (_session, _backend, _loadBegan, _commitment) = (null, null, false, Commitment.NotAsked);
        if (_safety is not null)
            File.Delete(_safety.BackupPath);
        _safety = null;
        return null;
    }

    public async Task CleanUpAsync()
    {
        if (_session is not null)
            await _session.DisposeAsync().ConfigureAwait(false);
        // The database itself is as it was, so the backup of it is of no use; in doubt it stays.
        if (_safety is not null && Kept is null)
            File.Delete(_safety.BackupPath);
    }

    private async Task<string?> BeginAsync(CancellationToken cancellation)
    {
        await using (var connection = await _server.OpenAsync(_server.Database, cancellation).ConfigureAwait(false))
        {
            if (_plan.Force)
                await PostgresOccupants.EndAsync(connection, _server.Database).ConfigureAwait(false);
            else
                await RequireAloneAsync(connection, cancellation).ConfigureAwait(false);
            // Once more: it may have been a while since the plan, and an operator's yes.
            var inventory = await PostgresInventory.RequireOursAsync(_server, _plan.Traits, connection, cancellation).ConfigureAwait(false);
            if (_isEmpty && !inventory.IsEmpty)
                throw Errors.RestoreDisturbed(_server.Name, "it was empty when this was planned, and is no more");
        }
        _session = PsqlSession.Start(_plan.Tools, _server.Database);
        var about = await AskAsync("SELECT pg_backend_pid(), (SELECT extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid());",
            cancellation).ConfigureAwait(false);
        var parts = about[0].Split('|');
        await AskAsync($"""
            {PostgresServer.NoLimits}
            SELECT set_config('search_path', '', false);
            SET client_min_messages = warning;
            SET lock_timeout = '{LockTimeout}';
            SET default_transaction_read_only = on;
            BEGIN READ WRITE;
            """, cancellation).ConfigureAwait(false);
        var transaction = await AskAsync("SELECT txid_current();", cancellation).ConfigureAwait(false);
        _backend = (int.Parse(parts[0]), parts[1], long.Parse(transaction[0]));
        await InsistAsync(PostgresInventory.LockTables, cancellation).ConfigureAwait(false);
        return $"process {parts[0]} of the server";
    }

    // The sessions of an application that was stopped a moment ago may take another to go.
    private async Task RequireAloneAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        for (var until = DateTime.UtcNow + Patience / 2; ; await Task.Delay(Beat, cancellation).ConfigureAwait(false))
        {
            var sessions = await PostgresCatalog.SessionsAsync(connection, _server.Database, cancellation, PostgresOccupants.Clients).ConfigureAwait(false);
            if (sessions.Count == 0)
                return;
            if (DateTime.UtcNow > until)
                throw Errors.DatabaseBusy(_server.Name, sessions, endable: !_plan.Force);
        }
    }

    private async Task<string?> BackUpAsync(CancellationToken cancellation)
    {
        try
        {
            _safety = await new PostgresBackup(_server).RunAsync(_folder, null, _reporter, cancellation, whatever: true).ConfigureAwait(false);
        }
        catch (PostgresException error)
        {
            throw Errors.FromPostgres(_server.Name, error);
        }
        catch (NpgsqlException error)
        {
            throw Errors.DatabaseConnectionLost(_server.Name, error);
        }
        return _safety.BackupPath;
    }

    private async Task<string?> DropAsync(CancellationToken cancellation)
    {
        await InsistAsync(PostgresInventory.DropAll, cancellation).ConfigureAwait(false);
        return null;
    }

    private async Task<string?> LoadAsync(CancellationToken cancellation)
    {
        var rights = await _plan.RightsAsync((_server.User, []), _reporter, cancellation).ConfigureAwait(false);
        _loadBegan = true;
        var left = (await AskAsync(PostgresInventory.Left, cancellation).ConfigureAwait(false))
            .Select(line => line.Split('|', 3)).Select(row => (Kind: row[0], IsOurs: row[1] == "t", Name: row[2])).ToList();
        List<string> Names(string kind, bool foreign) => [.. left.Where(row => row.Kind == kind && !(foreign && row.IsOurs)).Select(row => row.Name)];
        var kept = new KeptObjects(
            Names("schema", false), Names("schema", true), Names("extension", true), Names("member", true), Names("publication", true), rights.Lost);
        await using var script = new DumpFilter(_session!.Script, kept, _plan.BackupPath, _searchPath);
        await TranslateAsync(
            () => _plan.Tools.RunAsync("pg_restore", ["--file=-", "--no-subscriptions", .. rights.Arguments], "", _plan.BackupPath, script, cancellation))
            .ConfigureAwait(false);
        // The script's own answers come first.
        await AskAsync("", cancellation).ConfigureAwait(false);
        var transaction = await AskAsync("SELECT txid_current_if_assigned();", cancellation).ConfigureAwait(false);
        if (transaction is not [var id] || id != $"{_backend!.Value.Transaction}")
            throw Errors.BackupUnsafe(_plan.BackupPath, "a statement that ends the transaction of its restore");
        return $"tools in {_plan.Tools.Place}";
    }

    // Inside the transaction: what does not hold is never seen by anybody.
    private async Task<string?> ProveAsync(CancellationToken cancellation)
    {
        var found = await _plan.Checks.RunAsync("in place: revision and rows", () => CompareAsync(cancellation)).ConfigureAwait(false);
        await _plan.Checks.RunAsync("in place: constraints and indexes", async () =>
        {
            _plan.RequireNone(await AskAsync(PostgresRestorePlan.InvalidConstraints + ";", cancellation).ConfigureAwait(false));
            return (true, (string?)null);
        }).ConfigureAwait(false);
        // Without statistics the first queries of the application would be slow ones.
        await AskAsync("ANALYZE;", cancellation).ConfigureAwait(false);
        Size = long.Parse((await AskAsync("SELECT pg_database_size(current_database());", cancellation).ConfigureAwait(false))[0]);
        return found;
    }

    private async Task<(string, string?)> CompareAsync(CancellationToken cancellation)
    {
        var versions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var line in await AskAsync(
            $"SELECT format('SELECT version_num, %L FROM %I.%I', n.nspname, n.nspname, c.relname) {PostgresCatalog.Tables} AND c.relname = "
            + "'alembic_version'\n\\gexec", cancellation).ConfigureAwait(false))
        {
            var (revision, schema) = (line[..line.IndexOf('|', StringComparison.Ordinal)], line[(line.IndexOf('|', StringComparison.Ordinal) + 1)..]);
            versions.TryAdd(schema, []);
            versions[schema].Add(revision);
        }
        var revisions = PostgresCatalog.RevisionsOf(versions, _plan.VersionSchema, _plan.Dump.Contents.Revision);
        var counts = await AskAsync(
            $"SELECT format('SELECT count(*), %L, %L FROM ONLY %I.%I', n.nspname, c.relname, n.nspname, c.relname) {PostgresCatalog.Tables}\n\\gexec",
            cancellation).ConfigureAwait(false);
        var rows = counts.Select(line => line.Split('|', 3))
            .Select(row => new TableRows { Table = DumpScanner.TableName(row[1], row[2]), Rows = long.Parse(row[0]) });
        var found = new DatabaseContents(PostgresCatalog.RevisionOf(revisions), [.. rows.OrderBy(table => table.Table, StringComparer.Ordinal)]);
        _plan.Compare(found);
        return (found.Describe(), found.Describe());
    }

    private async Task<string?> CommitAsync()
    {
        _commitment = Commitment.Unknown;
        try
        {
            await _session!.AskAsync("COMMIT;", CancellationToken.None).ConfigureAwait(false);
            _commitment = Commitment.Committed;
            return null;
        }
        catch (PostgresToolException error)
        {
            // The answer may have been lost on the way, but not the fact.
            _commitment = await AskWhetherCommittedAsync(error).ConfigureAwait(false);
            if (_commitment == Commitment.Committed)
                return "the connection broke, but the server had done it";
            throw Errors.RestoreFailed(_server.Name, Sentence(error.Message), error);
        }
    }

    private async Task<Commitment> AskWhetherCommittedAsync(Exception? cause)
    {
        for (var until = DateTime.UtcNow + Patience; ; await Task.Delay(Beat).ConfigureAwait(false))
        {
            try
            {
                await using var connection = await _server.OpenAsync(_server.Database, CancellationToken.None).ConfigureAwait(false);
                var status = await PostgresCatalog.QueryAsync(connection, "SELECT txid_status($1)", row =>
                    row.GetString(0), CancellationToken.None, _backend!.Value.Transaction).ConfigureAwait(false);
                if (status is ["committed"] or ["aborted"])
                    return status[0] == "committed" ? Commitment.Committed : Commitment.RolledBack;
            }
            catch (Exception error) when (error is NpgsqlException or ShoreGuardException && DateTime.UtcNow < until)
            {
                continue; // A server that restarts refuses for a while.
            }
            catch (Exception error) when (error is NpgsqlException or ShoreGuardException)
            {
                throw Errors.RestoreUnclear(_server.Name, _safety?.BackupPath, cause ?? error);
            }
            if (DateTime.UtcNow > until)
                throw Errors.RestoreUnclear(_server.Name, _safety?.BackupPath, cause);
        }
    }

    // Rolled back is what has not been committed; but whoever comes next would wait for as long as the session is there.
    private async Task RollBackAsync()
    {
        if (_session is not null)
            await _session.DisposeAsync().ConfigureAwait(false);
        if (_commitment == Commitment.Unknown)
            throw Errors.RestoreUnclear(_server.Name, _safety?.BackupPath, null);
        if (_backend is not { } backend)
            return;
        try
        {
            await using var connection = await _server.OpenAsync(_server.Database, CancellationToken.None).ConfigureAwait(false);
            await PostgresSessions.EndAsync(connection, (backend.Process, backend.Began)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or ShoreGuardException)
        {
            // A server that does not answer has lost the session, too, when it comes back.
            _reporter.Verbose($"Not asked whether the transaction has ended: {Errors.Reason(error)}");
        }
        if (_loadBegan)
            await RequireRolledBackAsync().ConfigureAwait(false);
    }

    // From the first statement of the backup on there were others than ours in the transaction, so only the server knows what became of it.
    private async Task RequireRolledBackAsync()
    {
        _commitment = Commitment.Unknown;
        _commitment = await AskWhetherCommittedAsync(null).ConfigureAwait(false);
        IsBroken = _commitment == Commitment.Committed;
        if (IsBroken)
            throw Errors.RestoreBroken(_server.Name, _plan.BackupPath, _safety?.BackupPath);
    }

    // Nobody can be kept from logging in where pg_dump has to, but whoever holds what is waited for can be put out.
    private Task InsistAsync(string sql, CancellationToken cancellation)
    {
        Task Work() => AskAsync(sql, cancellation);
        return _plan.Force ? PostgresOccupants.EndBlockersWhileAsync(_server, _backend!.Value.Process, Work) : Work();
    }

    private async Task<IReadOnlyList<string>> AskAsync(string sql, CancellationToken cancellation)
    {
        IReadOnlyList<string> answer = [];
        await TranslateAsync(async () => answer = await _session!.AskAsync(sql, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        return answer;
    }

    private async Task TranslateAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (PostgresToolException error) when (error.Message.Contains("55P03", StringComparison.Ordinal))
        {
            throw Errors.DatabaseBusy(_server.Name, await OthersAsync().ConfigureAwait(false), error, endable: !_plan.Force);
        }
        catch (PostgresToolException error)
        {
            throw Errors.RestoreFailed(_server.Name, Sentence(error.Message), error);
        }
    }

    // Our own session holds its locks still, or has just ended.
    private async Task<IReadOnlyList<string>> OthersAsync()
    {
        await using var connection = await _server.OpenAsync(_server.Database, CancellationToken.None).ConfigureAwait(false);
        var sessions = await PostgresCatalog.SessionsAsync(connection, _server.Database, CancellationToken.None, PostgresOccupants.Clients)
            .ConfigureAwait(false);
        return [.. sessions.Where(session => !session.EndsWith($", process {_backend?.Process})", StringComparison.Ordinal))];
    }

    /// <summary>What the server said, without where psql was in its script.</summary>
    internal static string Sentence(string message) => Place().Replace(message, "");

    [GeneratedRegex(@"\A(?:psql:(?:<stdin>:\d+:)? ?(?:error: )?)?(?:(?:ERROR|FATAL):  (?:[0-9A-Z]{5}: )?)?", RegexOptions.ExplicitCapture)]
    private static partial Regex Place();
}
