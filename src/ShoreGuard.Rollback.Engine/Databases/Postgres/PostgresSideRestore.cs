using System.Data;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Restores a PostgreSQL database: into a new one beside it while the old one serves, then both change names in one transaction.</summary>
internal sealed class PostgresSideRestore : IRestore
{
    private readonly PostgresRestorePlan _plan;
    private readonly PostgresServer _server;
    private readonly int _jobs;
    private readonly string _side;
    private readonly string _kept;
    private NpgsqlConnection? _maintenance;
    private bool _swapped;

    private PostgresSideRestore(PostgresRestorePlan plan, int jobs, string side, string kept)
    {
        _plan = plan;
        _server = plan.Server;
        _jobs = jobs;
        _side = side;
        _kept = kept;
    }

    /// <summary>The name of the new database until the two change names.</summary>
    public string Side => _side;
    /// <summary>The tools that restore it.</summary>
    public PostgresTools Tools => _plan.Tools;

    public string How => "the present database is kept under another name";
    public DatabaseContents? Before => _plan.Before;
    public DatabaseContents Contents => _plan.Dump.Contents;
    public string? Kept => _swapped ? _kept : null;
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _plan.Checks.Checks;

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static async Task<PostgresSideRestore> PlanAsync(PostgresRestorePlan plan, NpgsqlConnection connection, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var server = plan.Server;
        // Found out now, not during the outage.
        await using (await server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false))
        {
        }
        var stamp = BackupFile.Stamp(DateTimeOffset.UtcNow).ToLowerInvariant();
        var side = await PostgresCatalog.FreeNameAsync(connection, server.Database, $"_{options.Purpose}_{stamp}", cancellation).ConfigureAwait(false);
        var kept = await PostgresCatalog.FreeNameAsync(connection, server.Database, $"_before_{stamp}", cancellation).ConfigureAwait(false);
        if (!plan.Tools.CanSeek && options.Jobs > 1)
            reporter.Warning($"-Jobs has no effect: the tools in {plan.Tools.Place} are given the backup as a stream, which one connection restores.");
        var jobs = plan.Tools.CanSeek ? options.Jobs ?? Math.Min(4, Environment.ProcessorCount) : 1;
        return new(plan, jobs, side, kept);
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        await steps.RunAsync("Create a new database beside the old one", async () =>
        {
            await OnServerAsync(connection => PostgresCatalog.ExecuteAsync(connection, _plan.Traits.CreateStatement(_side), cancellation), cancellation).ConfigureAwait(false);
            return _side;
        }, DropSideAsync).ConfigureAwait(false);
        await steps.RunAsync("Restore the backup into the new database", () => RestoreAsync(reporter, cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Prove the new database", () => ProveAsync(cancellation)).ConfigureAwait(false);
        await steps.RunAsync("Carry over settings, comment and grants", async () =>
        {
            await OnServerAsync(connection => _plan.Traits.ApplyAsync(connection, _side, cancellation), cancellation).ConfigureAwait(false);
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

    public async Task CleanUpAsync()
    {
        if (_maintenance is not null)
            await _maintenance.DisposeAsync().ConfigureAwait(false);
        _maintenance = null;
    }

    private async Task<string?> RestoreAsync(IReporter reporter, CancellationToken cancellation)
    {
        var owner = _plan.Traits.Owner;
        var rights = await _plan.RightsAsync((owner, [$"--role={owner}"]), reporter, cancellation).ConfigureAwait(false);
        // The name may hold what a connection string would take for its own syntax.
        var name = _side.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        string[] arguments = [$"--dbname=dbname='{name}'", "--no-password", "--exit-on-error", .. _jobs > 1 ? [$"--jobs={_jobs}"] : Array.Empty<string>(), .. rights];
        try
        {
            await _plan.Tools.RunAsync("pg_restore", arguments, _side, _plan.BackupPath, Stream.Null, cancellation).ConfigureAwait(false);
            return $"{_jobs} {(_jobs == 1 ? "connection" : "connections")}, tools in {_plan.Tools.Place}";
        }
        catch (PostgresToolException error)
        {
            throw Errors.RestoreFailed(_server.Name, error.Message, error);
        }
    }

    private async Task<string?> ProveAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _server.OpenAsync(_side, cancellation).ConfigureAwait(false);
            var found = await _plan.Checks.RunAsync("copy: revision and rows", () => CompareAsync(connection, cancellation)).ConfigureAwait(false);
            await _plan.Checks.RunAsync("copy: constraints and indexes", () => CheckValidAsync(connection, cancellation)).ConfigureAwait(false);
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
        _plan.Compare(found);
        return (found!, found!.Describe());
    }

    private async Task<(bool, string?)> CheckValidAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        _plan.RequireNone(await PostgresCatalog.QueryAsync(connection, PostgresRestorePlan.InvalidConstraints, row => row.GetString(0), cancellation).ConfigureAwait(false));
        return (true, null);
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

    // One connection from the first step to the last: what it has made it can take back, even if nobody is let in any more.
    private async Task OnServerAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellation)
    {
        if (_maintenance is not { State: ConnectionState.Open })
        {
            await CleanUpAsync().ConfigureAwait(false);
            _maintenance = await _server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false);
        }
        try
        {
            await work(_maintenance).ConfigureAwait(false);
        }
        catch (NpgsqlException error)
        {
            throw Errors.RestoreFailed(_server.Name, error is PostgresException refused ? refused.MessageText : Errors.Reason(error), error);
        }
    }
}
