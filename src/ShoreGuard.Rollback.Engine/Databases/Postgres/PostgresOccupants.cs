using System.Net;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Who else is logged in to a database that is to be replaced: a reason to refuse, unless the operator insists; then they are put out.</summary>
internal static class PostgresOccupants
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <summary>The condition for sessions that hold locks of their own accord: neither consumers of replication slots nor background workers.</summary>
    public const string Clients = "AND coalesce(backend_type, 'client backend') = 'client backend'";

    // Background workers, which come again when they are ended.
    private const string Workers = "AND backend_type NOT IN ('client backend', 'walsender')";

    // The server's own rule for pg_terminate_backend.
    private const string MayEnd = """
        (SELECT me.rolsuper OR (NOT u.rolsuper AND (pg_has_role(u.oid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE')))
         FROM pg_roles me, pg_roles u WHERE me.rolname = current_user AND u.oid = usesysid)
        """;

    /// <summary>Refuses a database that others are logged in to, or says who will be put out.</summary>
    /// <returns>That as the end of a sentence; empty when nobody is.</returns>
    /// <param name="server">The server.</param>
    /// <param name="connection">A session of it.</param>
    /// <param name="database">The database.</param>
    /// <param name="options">How the restore is to go.</param>
    /// <param name="renames">Whether the database gets another name, for which nobody at all may be in it.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>DatabaseBusy</c>, <c>DatabaseHasWorkers</c>; <c>SessionsNotOurs</c>: they may not be ended.</exception>
    public static async Task<string> PlanAsync(
        PostgresServer server, NpgsqlConnection connection, string database, RestoreOptions options, bool renames, CancellationToken cancellation)
    {
        if (renames && options.Replaces
            && await PostgresCatalog.SessionsAsync(connection, database, cancellation, Workers, withPrepared: false)
            .ConfigureAwait(false) is { Count: > 0 } workers)
            throw Errors.DatabaseHasWorkers(server.Name, workers);
        // In place only locks are in the way.
        var kinds = renames ? "" : Clients;
        if (options is { ApplicationIsManaged: true, Force: false })
        {
            await RefuseOthersAsync(server, connection, database, options.ApplicationAddresses, kinds, cancellation).ConfigureAwait(false);
            return "";
        }
        var sessions = await PostgresCatalog.LastingSessionsAsync(connection, database, cancellation, kinds).ConfigureAwait(false);
        if (sessions.Count == 0)
            return "";
        if (!options.Force)
            throw Errors.DatabaseBusy(server.Name, sessions, endable: true);
        var denied = await PostgresCatalog.SessionsAsync(connection, database, cancellation, $"{kinds} AND NOT coalesce({MayEnd}, false)")
            .ConfigureAwait(false);
        return denied.Count == 0
            ? $"; the sessions of others are ended then, which now are: {string.Join(", ", sessions)}"
            : throw Errors.SessionsNotOurs(server.Name, server.User, denied);
    }

    /// <summary>Refuses a database to which others will still be logged in when the application is stopped. Changes nothing.</summary>
    /// <param name="server">The server.</param>
    /// <param name="connection">A session of it.</param>
    /// <param name="database">The database.</param>
    /// <param name="application">The addresses of the application's container. Where it has no session from one of them (a pooler, or a router that puts
    /// its own address in the place), only those of the server's own machine are certainly somebody else's.</param>
    /// <param name="kinds">A condition for the kinds of sessions that matter; empty for all.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>DatabaseBusy</c>.</exception>
    public static async Task RefuseOthersAsync(
        PostgresServer server, NpgsqlConnection connection, string database, IReadOnlyList<IPAddress> application, string kinds, CancellationToken cancellation)
    {
        // Over a socket in a shared folder an application has no address.
        if (application.Count == 0 || server.Route.Host?.StartsWith('/') == true)
            return;
        var own = $"client_addr IN ({string.Join(", ", application.Select(address => $"'{address}'::inet"))})";
        var isSeen = (await PostgresCatalog.SessionsAsync(connection, database, cancellation, $"AND {own}").ConfigureAwait(false)).Count > 0;
        var others = await PostgresCatalog.LastingSessionsAsync(
            connection, database, cancellation, $"{kinds} AND {(isSeen ? $"({own}) IS NOT TRUE" : "client_addr IS NULL")}").ConfigureAwait(false);
        if (others.Count > 0)
            throw Errors.DatabaseBusy(server.Name, others, endable: true);
    }

    /// <summary>Ends the sessions of others in some databases until something is done that waits for them to go.</summary>
    public static Task EndWhileAsync(PostgresServer server, Func<Task> work, params string[] databases) =>
        WhileAsync(server, work, ender => EndAsync(ender, databases));

    /// <summary>Ends whoever holds a lock that a session waits for, until it has done its work.</summary>
    /// <param name="server">The server.</param>
    /// <param name="process">The process of the session.</param>
    /// <param name="work">Its work.</param>
    public static Task EndBlockersWhileAsync(PostgresServer server, int process, Func<Task> work) =>
        WhileAsync(server, work, ender => PostgresCatalog.QueryAsync(
        ender, "SELECT pg_terminate_backend(pid) FROM unnest(pg_blocking_pids($1)) pid WHERE pid > 0", row =>
        row.GetBoolean(0), CancellationToken.None, process));

    /// <summary>Ends the sessions of others in some databases. Autovacuum's workers go by themselves when somebody waits.</summary>
    public static Task EndAsync(NpgsqlConnection connection, params string[] databases) => PostgresCatalog.QueryAsync(connection, $"""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = ANY ($1) AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') IN ('client backend', 'walsender') AND {MayEnd}
        """, row => row.GetBoolean(0), CancellationToken.None, (object)databases);

    private static async Task WhileAsync(PostgresServer server, Func<Task> work, Func<NpgsqlConnection, Task> end)
    {
        await using var ender = await server.OpenMaintenanceAsync(CancellationToken.None).ConfigureAwait(false);
        var running = work();
        try
        {
            for (; !running.IsCompleted; await Task.WhenAny(running, Task.Delay(Beat)).ConfigureAwait(false))
                await end(ender).ConfigureAwait(false);
        }
        catch (NpgsqlException)
        {
            // Who was not put out is told by the work, which is refused because of them.
        }
        await running.ConfigureAwait(false);
    }
}
