using System.Net;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Ends sessions whose client is about to lose its network, or has lost it.</summary>
/// <remarks>
/// Neither side of a TCP connection learns that its network is gone: the client would wait on it for many minutes, and the server
/// would keep the session, with every lock its transaction holds, for hours. A session that the server ends is closed properly.
/// </remarks>
internal static class PostgresSessions
{
    /// <summary>Ends a client's sessions in the server's database.</summary>
    /// <param name="server">The server and the database.</param>
    /// <param name="client">The client's address as the server sees it.</param>
    /// <param name="begunBefore">Leaves alone what was begun later: the address may have gone to somebody else.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>How many were ended.</returns>
    public static async Task<int> EndAsync(PostgresServer server, IPAddress client, DateTimeOffset begunBefore, CancellationToken cancellation)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var ended = await PostgresCatalog.QueryAsync(connection, """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND client_addr = $1 AND backend_start < $2 AND pid <> pg_backend_pid()
            """, row => row.GetBoolean(0), cancellation, client, begunBefore.UtcDateTime).ConfigureAwait(false);
        return ended.Count(done => done);
    }
}
