using System.Data;
using System.Diagnostics;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Backs a PostgreSQL database up by <c>pg_dump</c>, and holds the dump against rows counted in the very same snapshot.</summary>
internal sealed class PostgresBackup(PostgresServer server)
{
    // A migration that holds a table would otherwise keep the backup waiting for ever.
    private const string LockTimeout = "60s";

    /// <summary>Makes it.</summary>
    /// <param name="folder">The folder it is made in.</param>
    /// <param name="identity">The build that uses the database.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="whatever">Whether to take the database also when it is not, or no longer, ShoreGuard's.</param>
    public async Task<Backup> RunAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation, bool whatever = false)
    {
        var clock = Stopwatch.StartNew();
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var major = PostgresCatalog.Major(connection);
        var tools = await PostgresTools.FindAsync(server, major, cancellation).ConfigureAwait(false);
        reporter.Verbose($"PostgreSQL {major}, tools in {tools.Place}");
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
        await PostgresCatalog.ExecuteAsync(connection, $"SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = '{LockTimeout}'", cancellation).ConfigureAwait(false);
        var snapshot = (await PostgresCatalog.QueryAsync(connection, "SELECT pg_export_snapshot()", row => row.GetString(0), cancellation).ConfigureAwait(false))[0];
        reporter.Progress(new($"Backing up {server.Name}", "Counting rows"));
        var revisions = await PostgresCatalog.RevisionsAsync(connection, cancellation).ConfigureAwait(false);
        if (revisions.Count != 1 && !whatever)
            throw Errors.DatabaseForeign(server.Name, "it has no table alembic_version with one revision in it");
        var rows = await PostgresCatalog.CountAsync(connection, cancellation).ConfigureAwait(false);
        using var file = BackupFile.Create(folder, "pgdump");
        await DumpAsync(tools, snapshot, file.TemporaryPath, reporter, cancellation).ConfigureAwait(false);
        var checks = new CheckRecorder(reporter);
        reporter.Progress(new($"Backing up {server.Name}", "Proving the backup"));
        var textSize = await ProveAsync(file.TemporaryPath, (revisions, rows), major, tools, checks, cancellation).ConfigureAwait(false);
        var hash = await BackupChecksum.HashAsync(file.TemporaryPath, cancellation).ConfigureAwait(false);
        var size = new FileInfo(file.TemporaryPath).Length;
        var (path, created) = await file.PublishAsync(cancellation).ConfigureAwait(false);
        reporter.Progress(new($"Backing up {server.Name}", "Done", 100, Completed: true));
        return new Backup
        {
            BackupPath = path,
            Kind = DatabaseKind.Postgres,
            Database = server.Name,
            Revision = PostgresCatalog.RevisionOf(revisions),
            Size = size,
            TextSize = textSize,
            Sha256 = hash,
            Rows = rows,
            Checks = checks.Checks,
            Identity = identity,
            CreatedAt = created,
            Duration = clock.Elapsed,
        };
    }

    private async Task DumpAsync(PostgresTools tools, string snapshot, string path, IReporter reporter, CancellationToken cancellation)
    {
        await using var progress = new FileProgress($"Backing up {server.Name}", path, expected: null, reporter);
        try
        {
            await using var output = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read, 1 << 20, FileOptions.Asynchronous);
            string[] arguments = ["--format=custom", "--no-password", $"--snapshot={snapshot}", $"--lock-wait-timeout={LockTimeout}"];
            await tools.RunAsync("pg_dump", arguments, server.Database, input: null, output, cancellation).ConfigureAwait(false);
        }
        catch (PostgresToolException error)
        {
            throw Errors.DumpFailed(server.Name, error.Message, error);
        }
        catch (IOException error)
        {
            throw Errors.BackupNotWritable(Path.GetDirectoryName(path)!, error);
        }
    }

    // Gives the bytes of its SQL.
    private async Task<long> ProveAsync(string path, (IReadOnlyList<string> Revisions, IReadOnlyList<TableRows> Rows) present, int major, PostgresTools tools, CheckRecorder checks, CancellationToken cancellation)
    {
        DumpScanner dump;
        try
        {
            dump = await PostgresDumpProof.ReadAsync(path, major, tools, checks, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            throw Errors.DumpFailed(server.Name, error.Message, error);
        }
        checks.Run("backup: the same as the database", () =>
            dump.Revisions.SequenceEqual(present.Revisions) && dump.Rows.SequenceEqual(present.Rows)
                ? (true, Describe(present.Revisions, present.Rows))
                : throw Errors.DumpFailed(server.Name, $"it holds {Describe(dump.Revisions, dump.Rows)}, the database {Describe(present.Revisions, present.Rows)}"));
        return dump.Size;
    }

    private static string Describe(IReadOnlyList<string> revisions, IReadOnlyList<TableRows> rows) =>
        new DatabaseContents(revisions.Count == 0 ? "none" : string.Join(" and ", revisions), rows).Describe();
}
