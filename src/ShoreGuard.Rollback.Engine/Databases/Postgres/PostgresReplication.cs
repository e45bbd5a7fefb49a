using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What follows a database by its number and not by its name: replication slots stay with the one that is put aside, and so do
/// subscriptions.</summary>
internal static class PostgresReplication
{
    /// <summary>Refuses a database that has subscriptions: the copy would have them too, and neither could be dropped.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseSubscribes</c>.</exception>
    public static async Task RequireNoneAsync(PostgresServer server, NpgsqlConnection connection, CancellationToken cancellation)
    {
        // Everybody may read these columns, but not how it logs in.
        var subscriptions = await PostgresCatalog.QueryAsync(
            connection, "SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database() ORDER BY 1",
            row => row.GetString(0), cancellation).ConfigureAwait(false);
        if (subscriptions.Count > 0)
            throw Errors.DatabaseSubscribes(server.Name, subscriptions);
    }

    /// <summary>The logical replication slots that stay with a database that is put aside, and what to do about them; null where there is none.</summary>
    /// <param name="connection">A session in the database.</param>
    /// <param name="kept">The name that it gets.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<string?> TellOfSlotsAsync(NpgsqlConnection connection, string kept, CancellationToken cancellation)
    {
        var slots = await PostgresCatalog.QueryAsync(
            connection, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database() ORDER BY 1", row => row.GetString(0), cancellation)
            .ConfigureAwait(false);
        return slots.Count == 0 ? null
            : $"{(slots.Count == 1 ? "The logical replication slot" : "The logical replication slots")} {string.Join(", ", slots)} will stay with {kept}: "
            + "consumers receive no changes of "
            + "the restored database, and the server keeps its WAL for them. Drop each (SELECT pg_drop_replication_slot('NAME')), create it again in the "
                + "restored database, and have its consumer start "
            + "from a new snapshot.";
    }
}
