using System.Net;
using System.Net.Sockets;
using Npgsql;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A database on a PostgreSQL server that can be reached from here.</summary>
internal sealed class PostgresDatabase(DatabaseUrl url, PostgresRoute route) : IDatabase
{
    /// <summary>Its server.</summary>
    public PostgresServer Server { get; } = new(url, route);

    public DatabaseKind Kind => DatabaseKind.Postgres;

    public DatabaseTransport Transport => route.Transport;

    public string Name => url.Redacted;

    public string Location => url.Redacted;

    public Task<IAsyncDisposable?> LockAsync(string who, CancellationToken cancellation) =>
        TranslateAsync<IAsyncDisposable?>(async () => await PostgresLock.TakeAsync(Server, who, cancellation).ConfigureAwait(false));

    public Task<DatabaseReport> DescribeAsync(CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        var contents = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false)
            ?? throw Errors.DatabaseForeign(Name, "it has no table alembic_version with one revision in it");
        return new DatabaseReport
        {
            Kind = Kind,
            Transport = Transport,
            Database = Name,
            Location = Server.Route.Container is { } container
            ? $"{Server.Database} in the container {container.Name}" : $"{Server.Database} at {connection.Host}:{connection.Port}",
            ServerVersion = $"PostgreSQL {connection.ServerVersion}",
            Size = (await PostgresCatalog.QueryAsync(connection, "SELECT pg_database_size(current_database())", row => row.GetInt64(0), cancellation)
            .ConfigureAwait(false))[0],
            Revision = contents.Revision!,
            Rows = contents.Rows,
        };
    });

    public Task<IReadOnlyList<string>> ReadRevisionsAsync(CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        return await PostgresSchema.ReadRevisionsAsync(connection, Name, cancellation).ConfigureAwait(false);
    });

    public Task<SchemaContents> ReadSchemaAsync(IReadOnlyList<TableColumn> columns, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        return await PostgresSchema.ReadAsync(connection, Name, columns, cancellation).ConfigureAwait(false);
    });

    public Task<string> ReadMarkAsync(CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        return await PostgresCatalog.NextTransactionAsync(connection, cancellation).ConfigureAwait(false);
    });

    public Task<IReadOnlySet<string>> FindChangedAsync(string mark, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        return await PostgresCatalog.FindWrittenAsync(connection, long.Parse(mark, System.Globalization.CultureInfo.InvariantCulture), cancellation)
            .ConfigureAwait(false);
    });

    public Task RequireToolsAsync(CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        return await PostgresTools.FindAsync(Server, PostgresCatalog.Major(connection), cancellation).ConfigureAwait(false);
    });

    // After a restore in place it is a backup, elsewhere a database on the server.
    public async Task<KeptDatabase?> FindKeptAsync(string kept, CancellationToken cancellation) =>
        Path.IsPathRooted(kept) ? KeptDatabase.File(kept) : await TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false);
        var sizes = await PostgresCatalog.QueryAsync(connection, "SELECT pg_database_size(oid) FROM pg_database WHERE datname = $1", row =>
            row.GetInt64(0), cancellation, kept).ConfigureAwait(false);
        return sizes is [var size] ? new KeptDatabase(kept, size, $"DROP DATABASE {PostgresCatalog.Quote(kept)}") : null;
    }).ConfigureAwait(false);

    public Task RemoveKeptAsync(string kept, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        if (Path.IsPathRooted(kept))
        {
            File.Delete(kept);
            File.Delete(BackupSidecar.PathFor(kept));
            return true;
        }
        await using var connection = await Server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false);
        await PostgresCatalog.ExecuteAsync(connection, $"DROP DATABASE IF EXISTS {PostgresCatalog.Quote(kept)}", cancellation).ConfigureAwait(false);
        return true;
    });

    public Task EndSessionsAsync(string client, CancellationToken cancellation) =>
        TranslateAsync(() => PostgresSessions.EndAsync(Server, client, cancellation));

    public Task RequireNobodyElseAsync(IReadOnlyList<IPAddress> application, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false);
        await PostgresOccupants.RefuseOthersAsync(Server, connection, Server.Database, application, PostgresOccupants.Clients, cancellation)
            .ConfigureAwait(false);
        return true;
    });

    public Task ClearLeftOversAsync(IReporter reporter, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        await using var connection = await Server.OpenMaintenanceAsync(cancellation).ConfigureAwait(false);
        return await PostgresMark.DropLeftOversAsync(Server, connection, reporter, cancellation).ConfigureAwait(false);
    });

    public Task<Backup> BackupAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation) =>
        TranslateAsync(() => new PostgresBackup(Server).RunAsync(folder, identity, reporter, cancellation));

    public async Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        await TranslateAsync(() => PostgresRestorePlan.MakeAsync(Server, backupPath, options, reporter, cancellation)).ConfigureAwait(false);

    public async Task<IRestore> PlanUndoAsync(string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        await TranslateAsync(() => PostgresUndo.PlanAsync(Server, kept, options, reporter, cancellation)).ConfigureAwait(false);

    // Whatever the server says while a restore changes something is translated where the sentence can say what became of it.
    private async Task<T> TranslateAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (PostgresException error)
        {
            throw Errors.FromPostgres(Name, error);
        }
        catch (Exception error) when (error is NpgsqlException or SocketException)
        {
            throw Errors.DatabaseConnectionLost(Name, error);
        }
    }
}
