using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>One restore of a database at a time, from wherever: an advisory lock of its server, which is let go when the session ends, however that ends.</summary>
/// <remarks>
/// It is held in the database <c>postgres</c>, as one with a session in it cannot be renamed, and in a transaction, as a pooler may hand
/// a session on between two of them (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
/// </remarks>
internal sealed class PostgresLock : IAsyncDisposable
{
    private const string Place = "postgres";

    private readonly NpgsqlConnection _session;

    private PostgresLock(NpgsqlConnection session) => _session = session;

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
        catch (ShoreGuardException error) when (error.Id != "DatabaseUnreachable")
        {
            return null;
        }
        try
        {
            var key = KeyOf(server.Database);
            await ExecuteAsync(session, "BEGIN", cancellation).ConfigureAwait(false);
            await ExecuteAsync(session, "SELECT set_config('application_name', @value, true)", cancellation, who).ConfigureAwait(false);
            if (await ExecuteAsync(session, "SELECT pg_try_advisory_xact_lock(@value)", cancellation, key).ConfigureAwait(false) is true)
                return new(session);
            throw Errors.RollbackInProgress(server.Name, await FindHolderAsync(session, key, cancellation).ConfigureAwait(false), elsewhere: null);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static long KeyOf(string database) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"ShoreGuard.Rollback\n{database}")));

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
    public async ValueTask DisposeAsync() => await _session.DisposeAsync().ConfigureAwait(false);
}
