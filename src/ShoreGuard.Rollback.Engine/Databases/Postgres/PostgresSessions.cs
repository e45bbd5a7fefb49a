using System.Net;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Ends sessions whose client is about to lose its network, or has lost it.</summary>
/// <remarks>
/// Neither side of a TCP connection learns that its network is gone: the client would wait on it for many minutes, and the server
/// would keep the session, with every lock its transaction holds, for hours. A session that the server ends is closed properly.
/// </remarks>
internal static class PostgresSessions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <summary>Who a session is to its server: its process, whose number may be given again, and since when that is there.</summary>
    public static async Task<(int Process, string Began)> IdentifyAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await PostgresCatalog.QueryAsync(
            connection, "SELECT pid, extract(epoch FROM backend_start)::text FROM pg_stat_activity WHERE pid = pg_backend_pid()",
            row => (row.GetInt32(0), row.GetString(1)), cancellation).ConfigureAwait(false))[0];

    /// <summary>Ends one session of our own, and waits until it has ended: what it was doing is done or undone then.</summary>
    public static async Task EndAsync(NpgsqlConnection connection, (int Process, string Began) session)
    {
        for (var until = DateTime.UtcNow + Patience; DateTime.UtcNow < until; await Task.Delay(Beat).ConfigureAwait(false))
        {
            var ended = await PostgresCatalog.QueryAsync(
                connection, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND extract(epoch FROM backend_start)::text = $2",
                row => row.GetBoolean(0), CancellationToken.None, session.Process, session.Began).ConfigureAwait(false);
            if (ended.Count == 0)
                return;
        }
    }

    /// <summary>Ends a client's sessions in the server's database, and waits until none is left, ten seconds at most: until its server has said so,
    /// the client believes in it.</summary>
    /// <param name="server">The server and the database.</param>
    /// <param name="client">The client's address as the server sees it.</param>
    /// <param name="begunBefore">Leaves alone what was begun later, since the address may have gone to somebody else; null where it cannot, and then
    /// those that it begins anew meanwhile are ended too.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>How many were ended.</returns>
    public static async Task<int> EndAsync(PostgresServer server, IPAddress client, DateTimeOffset? begunBefore, CancellationToken cancellation)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var ended = new HashSet<(int, string)>();
        for (var until = DateTime.UtcNow + Patience; ; await Task.Delay(Beat, cancellation).ConfigureAwait(false))
        {
            var left = await PostgresCatalog.QueryAsync(connection, """
                SELECT pid, extract(epoch FROM backend_start)::text, pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND client_addr = $1 AND backend_start < $2 AND pid <> pg_backend_pid()
                """, row => (row.GetInt32(0), row.GetString(1)), cancellation, client, (begunBefore ?? DateTimeOffset.MaxValue).UtcDateTime).ConfigureAwait(false);
            ended.UnionWith(left);
            if (left.Count == 0 || DateTime.UtcNow > until)
                return ended.Count;
        }
    }

    /// <summary>Whether a client has a session in the server's database.</summary>
    public static async Task<bool> AnyAsync(PostgresServer server, IPAddress client, CancellationToken cancellation)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        return (await PostgresCatalog.QueryAsync(
            connection, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND client_addr = $1 AND pid <> pg_backend_pid())",
            row => row.GetBoolean(0), cancellation, client).ConfigureAwait(false))[0];
    }

    /// <summary>Ends the sessions that call themselves by a name, and waits until they have ended, ten seconds at most: one in the middle of a
    /// statement goes on without its client.</summary>
    /// <returns>How many were ended.</returns>
    public static async Task<int> EndAsync(PostgresServer server, string client, CancellationToken cancellation)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var ended = 0;
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var left = await PostgresCatalog.QueryAsync(connection, """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()
                """, row => row.GetBoolean(0), cancellation, client).ConfigureAwait(false);
            if (left.Count == 0)
                break;
            ended = Math.Max(ended, left.Count);
            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
        return ended;
    }
}
