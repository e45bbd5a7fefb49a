using System.Data;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Exchanges the names of two databases in one transaction: whoever looks, or whatever dies, finds one of them under the name, never none.</summary>
/// <remarks>
/// From the first rename to the commit the server lets nobody in to the old database: a log-in waits for the lock that the rename holds
/// (<c>InitPostgres</c>), and finds the new one then, or nothing. So there is nothing that would have to be let in again after a kill.
/// </remarks>
internal sealed class PostgresSwap(PostgresServer server, bool force)
{
    private NpgsqlConnection? _maintenance;
    private (int Process, string Began)? _session;

    /// <summary>Does something outside the databases, on one connection from the first step to the last: what it has made it can take back, even if
    /// nobody is let in any more.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreFailed</c>.</exception>
    public async Task OnServerAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellation)
    {
        if (_maintenance is not { State: ConnectionState.Open })
        {
            await CloseAsync().ConfigureAwait(false);
            _maintenance = await server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false);
            // One that was lost may be at its work still, and end it after we have asked how it ended.
            if (_session is { } lost)
                await PostgresSessions.EndAsync(_maintenance, lost).ConfigureAwait(false);
            _session = await PostgresSessions.IdentifyAsync(_maintenance, cancellation).ConfigureAwait(false);
        }
        try
        {
            await work(_maintenance).ConfigureAwait(false);
        }
        catch (NpgsqlException error)
        {
            throw Errors.RestoreFailed(server.Name, error is PostgresException refused ? refused.MessageText : Errors.Reason(error), error);
        }
    }

    /// <summary>Exchanges.</summary>
    /// <param name="presentBecomes">The name that the present database gets.</param>
    /// <param name="comes">The one that comes into its place.</param>
    /// <param name="more">Statements that hold if the exchange does.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>DatabaseBusy</c>, <c>RestoreFailed</c>.</exception>
    public Task ExchangeAsync(string presentBecomes, string comes, IEnumerable<string> more, CancellationToken cancellation)
    {
        Task Work() => OnServerAsync(connection => RenameAsync(connection, presentBecomes, comes, more, cancellation), cancellation);
        return force ? PostgresOccupants.EndWhileAsync(server, Work, server.Database, comes) : Work();
    }

    /// <summary>Puts the old database back if it was exchanged.</summary>
    /// <param name="kept">The name that it got.</param>
    /// <param name="other">The name that the other one had before.</param>
    /// <param name="more">Statements that hold when it is back.</param>
    public async Task UndoAsync(string kept, string other, IEnumerable<string> more)
    {
        // Asked of the server, not of our memory: the answer to the commit may have been lost on the way. A kept one may be another restore's.
        var waits = true;
        await OnServerAsync(async connection => waits = await PostgresCatalog.ExistsAsync(connection, other, CancellationToken.None).ConfigureAwait(false),
            CancellationToken.None).ConfigureAwait(false);
        if (!waits)
            await ExchangeAsync(other, kept, more, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Lets go of the connection.</summary>
    public async Task CloseAsync()
    {
        if (_maintenance is not null)
            await _maintenance.DisposeAsync().ConfigureAwait(false);
        _maintenance = null;
    }

    private async Task RenameAsync(NpgsqlConnection connection, string presentBecomes, string comes, IEnumerable<string> more, CancellationToken cancellation)
    {
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
            await PostgresCatalog.ExecuteAsync(connection,
                $"ALTER DATABASE {PostgresCatalog.Quote(server.Database)} RENAME TO {PostgresCatalog.Quote(presentBecomes)}", cancellation)
                .ConfigureAwait(false);
            await PostgresCatalog.ExecuteAsync(connection, $"ALTER DATABASE {PostgresCatalog.Quote(comes)} RENAME TO {PostgresCatalog.Quote(server.Database)}",
                cancellation).ConfigureAwait(false);
            foreach (var statement in more)
                await PostgresCatalog.ExecuteAsync(connection, statement, cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.ObjectInUse or PostgresErrorCodes.LockNotAvailable)
        {
            var sessions = await PostgresCatalog.SessionsAsync(connection, server.Database, cancellation).ConfigureAwait(false);
            sessions.AddRange(await PostgresCatalog.SessionsAsync(connection, comes, cancellation).ConfigureAwait(false));
            throw Errors.DatabaseBusy(server.Name, sessions, error, endable: !force);
        }
    }
}
