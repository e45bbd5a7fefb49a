using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>One restore of a database at a time, from wherever: an advisory lock of its server, which is let go when the session ends.</summary>
/// <remarks>
/// It is held in the database <c>postgres</c>, as one with a session in it cannot be renamed, and in a transaction, as a pooler may hand
/// a session on between two of them (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
/// </remarks>
internal sealed class PostgresLock : IAsyncDisposable
{
    private const string Place = "postgres";

    // Of a machine that is gone, its server learns within half a minute, and not after the two hours that systems have for it.
    private const string Noticing = "set_config('tcp_keepalives_idle', '10', true), set_config('tcp_keepalives_interval', '5', true), "
        + "set_config('tcp_keepalives_count', '3', true)";

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly PostgresServer _server;
    private readonly NpgsqlConnection _session;

    private PostgresLock(PostgresServer server, NpgsqlConnection session)
    {
        _server = server;
        _session = session;
    }

    /// <summary>Takes it; null where this role gets into no <c>postgres</c>, and where that is the database itself.</summary>
    /// <param name="server">The server, and the database in it.</param>
    /// <param name="who">Who takes it, for whoever comes second; the server keeps 63 bytes of it.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>; <c>DatabaseUnreachable</c>.</exception>
    public static async Task<PostgresLock?> TakeAsync(PostgresServer server, string who, CancellationToken cancellation)
    {
        if (server.Database == Place)
            return null;
        NpgsqlConnection session;
        try
        {
            session = await server.OpenAsync(Place, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id != Errors.DatabaseUnreachable)
        {
            return null;
        }
        try
        {
            var key = KeyOf(server.Database);
            await ExecuteAsync(session, "BEGIN", cancellation).ConfigureAwait(false);
            await ExecuteAsync(session, "SELECT set_config('application_name', @value, true), " + Noticing, cancellation, who).ConfigureAwait(false);
            if (await ExecuteAsync(session, "SELECT pg_try_advisory_xact_lock(@value)", cancellation, key).ConfigureAwait(false) is true)
                return new(server, session);
            throw Errors.RollbackInProgress(server.Name, await FindHolderAsync(session, key, cancellation).ConfigureAwait(false), elsewhere: null);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static long KeyOf(string database) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"ShoreGuard.Rollback\n{database}")));

    // The two halves of the key, as the view of the locks has them.
    private static async Task<string?> FindHolderAsync(NpgsqlConnection session, long key, CancellationToken cancellation) =>
        await ExecuteAsync(
            session,
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
                + "AND (l.classid::bigint << 32) | l.objid::bigint = @value",
            cancellation, key).ConfigureAwait(false) as string;

    private static async Task<object?> ExecuteAsync(NpgsqlConnection session, string sql, CancellationToken cancellation, object? value = null)
    {
        await using var command = session.CreateCommand();
        command.CommandText = sql;
        if (value is not null)
            command.Parameters.AddWithValue("value", value);
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var process = _session.ProcessID;
        try
        {
            using var limit = new CancellationTokenSource(Farewell);
            await ExecuteAsync(_session, "COMMIT", limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // It was lost on the way; the server may still have it, and the lock with it.
            await EndAsync(process).ConfigureAwait(false);
        }
        await _session.DisposeAsync().ConfigureAwait(false);
    }

    private async Task EndAsync(int process)
    {
        try
        {
            await using var other = await _server.OpenAsync(Place, CancellationToken.None).ConfigureAwait(false);
            await ExecuteAsync(
                other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = @value AND query LIKE '%pg_try_advisory_xact_lock%'",
                CancellationToken.None, process).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ShoreGuardException or NpgsqlException)
        {
            // A server that is gone has no lock.
        }
    }
}
