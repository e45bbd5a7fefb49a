using System.Globalization;
using System.Net;
using System.Text;
using Npgsql;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Whether the server's disk has room for a second database, as far as that can be told from here: no SQL tells it.</summary>
internal static class PostgresSpace
{
    // What an empty database takes, with a little more for catalogs that grow.
    private const long Empty = 10 << 20;

    // A backup is compressed, mostly to less than that.
    private const int Compression = 4;

    /// <summary>About how many bytes a database made of a dump takes: its rows as text, and as much again for row headers and indexes.</summary>
    public static long Estimate(DumpContents dump) => Empty + 2 * dump.TextSize;

    /// <summary>Refuses a restore for which the server's data folder has no room.</summary>
    /// <param name="server">The server.</param>
    /// <param name="connection">A session in the database.</param>
    /// <param name="needed">Bytes.</param>
    /// <param name="reporter">Where is said what was checked, or that nothing could be.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>ServerDiskFull</c>.</exception>
    public static async Task RequireAsync(PostgresServer server, NpgsqlConnection connection, long needed, IReporter reporter, CancellationToken cancellation)
    {
        if (await FindAsync(server, connection, cancellation).ConfigureAwait(false) is not var (folder, free))
        {
            reporter.Verbose(
                $"Whether the server has room for the restored database, about {needed} bytes, was not checked: its data folder cannot be seen from here");
            return;
        }
        reporter.Verbose($"The restored database is estimated at {needed} bytes by the backup's rows; {free} are free in {folder}");
        if (free < needed)
            throw Errors.ServerDiskFull(server.Name, folder, needed, free);
    }

    /// <summary>Refuses a folder that has no room for a backup of the present database.</summary>
    /// <exception cref="ShoreGuardException"><c>DiskFull</c>.</exception>
    public static void RequireForSafety(string folder, long databaseSize)
    {
        var needed = Math.Max(databaseSize - Empty, 0) / Compression;
        // It may be made only when it is needed.
        var existing = folder;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        if (NativeFile.FreeSpace(existing) is var free && free < needed)
            throw Errors.DiskFull(folder, needed, free);
    }

    private static async Task<(string Folder, long Free)?> FindAsync(PostgresServer server, NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (server.Route.Container is { } container)
            return await AskContainerAsync(container, await TablespaceAsync(connection, cancellation).ConfigureAwait(false), cancellation)
                .ConfigureAwait(false);
        if (!IsHere(connection.Host))
            return null;
        // Readable by superusers and members of pg_read_all_settings alone.
        var rows = await PostgresCatalog.QueryAsync(connection, """
            SELECT s.setting, extract(epoch FROM pg_postmaster_start_time())::bigint FROM pg_settings s WHERE s.name = 'data_directory'
            """, row => (Folder: row.GetString(0), Started: row.GetInt64(1)), cancellation).ConfigureAwait(false);
        if (rows is not [var (data, started)] || !IsServers(data, started))
            return null;
        var folder = await TablespaceAsync(connection, cancellation).ConfigureAwait(false) ?? data;
        return (folder, NativeFile.FreeSpace(folder));
    }

    // A port of this machine may be a tunnel to another one, which has a folder of that name as well.
    private static bool IsServers(string data, long started)
    {
        try
        {
            // Process, folder, start time, port: src/include/utils/pidfile.h.
            var lines = File.ReadLines(Path.Combine(data, "postmaster.pid")).Take(3).ToList();
            return lines.Count == 3
                && long.TryParse(lines[2], NumberStyles.None, CultureInfo.InvariantCulture, out var written) && Math.Abs(written - started) <= 2;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsHere(string? host) =>
        host is null || host.StartsWith('/') || PostgresRoute.IsLoopback(host);

    // Where the database itself is put; null for the data folder.
    private static async Task<string?> TablespaceAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await PostgresCatalog.QueryAsync(connection, "SELECT pg_tablespace_location(dattablespace) FROM pg_database WHERE datname = current_database()", row =>
            row.GetString(0), cancellation).ConfigureAwait(false))[0] is { Length: > 0 } place ? place : null;

    private static async Task<(string, long)?> AskContainerAsync(PostgresContainer container, string? tablespace, CancellationToken cancellation)
    {
        using var output = new MemoryStream();
        try
        {
            // The folder comes as an argument, never as a part of the script. PGDATA is what the image's own server was told.
            var (code, _) = await container.Engine.ExecAsync(
                container.Id, ["sh", "-c", "df -Pk -- \"${1:-${PGDATA:-/var/lib/postgresql/data}}\"", "sh", tablespace ?? ""], new Dictionary<string, string>(),
                output, cancellation).ConfigureAwait(false);
            return code == 0 && ParseDf(Encoding.UTF8.GetString(output.ToArray())) is { } free ? ($"the container {container.Name}", free) : null;
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused))
        {
            return null; // Without a shell.
        }
    }

    /// <summary>The free bytes in what <c>df -Pk</c> prints; null when that cannot be read.</summary>
    internal static long? ParseDf(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries) is [_, var line, ..]
        && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, var free, ..]
        && long.TryParse(free, NumberStyles.None, CultureInfo.InvariantCulture, out var blocks)
            ? blocks * 1024
            : null;
}
