using System.Data;
using System.Diagnostics;
using Npgsql;
using ShoreGuard.Rollback.Engine.Files;

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
        await PostgresCatalog.ExecuteAsync(connection, $"SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = '{LockTimeout}'", cancellation)
            .ConfigureAwait(false);
        var snapshot = (await PostgresCatalog.QueryAsync(connection, "SELECT pg_export_snapshot()", row => row.GetString(0), cancellation)
            .ConfigureAwait(false))[0];
        reporter.Progress(new($"Backing up {server.Name}", "Counting rows"));
        var revisions = await PostgresCatalog.RevisionsAsync(connection, cancellation).ConfigureAwait(false);
        var version = new VersionPlace(
            await PostgresCatalog.VersionSchemaAsync(connection, cancellation).ConfigureAwait(false), PostgresCatalog.RevisionOf(revisions));
        if (revisions.Count != 1 && !whatever)
            throw Errors.DatabaseForeign(server.Name, "it has no table alembic_version with one revision in it");
        var rows = await PostgresCatalog.CountAsync(connection, cancellation).ConfigureAwait(false);
        using var file = BackupFile.Create(folder, "pgdump");
        await DumpAsync(tools, snapshot, file.Held, reporter, cancellation).ConfigureAwait(false);
        var checks = new CheckRecorder(reporter);
        if (!whatever)
            await TellOfConditionsAsync(connection, checks, cancellation).ConfigureAwait(false);
        reporter.Progress(new($"Backing up {server.Name}", "Proving the backup"));
        var (dump, hash, size) = await file.ReadAsync(async path =>
        {
            var proven = await ProveAsync(path, (revisions, rows, version), major, tools, checks, cancellation).ConfigureAwait(false);
            return (proven, await BackupChecksum.HashAsync(path, cancellation).ConfigureAwait(false), new FileInfo(path).Length);
        }).ConfigureAwait(false);
        var missing = await PostgresWhole.FindMissingAsync(connection, dump.List, cancellation).ConfigureAwait(false);
        checks.Add(PostgresWhole.CheckName, missing is null, missing, TimeSpan.Zero);
        if (missing is not null)
            checks.Note($"The backup lacks what the database has: {missing}. A restore of it would lack the same.");
        var (path, created) = await file.PublishAsync(cancellation).ConfigureAwait(false);
        reporter.Progress(new($"Backing up {server.Name}", "Done", 100, Completed: true));
        return new Backup
        {
            BackupPath = path,
            Kind = DatabaseKind.Postgres,
            Database = server.Name,
            Revision = PostgresCatalog.RevisionOf(revisions),
            Size = size,
            TextSize = dump.Scan.Size,
            Sha256 = hash,
            Rows = rows,
            Checks = checks.Checks,
            Identity = identity,
            CreatedAt = created,
            Duration = clock.Elapsed,
        };
    }

    // Tables are loaded one after the other, so a condition that reads another one finds it empty.
    private static async Task TellOfConditionsAsync(NpgsqlConnection connection, CheckRecorder checks, CancellationToken cancellation)
    {
        var conditions = await PostgresCatalog.QueryAsync(connection, """
            SELECT DISTINCT k.conname, k.conrelid::regclass::text, p.oid::regprocedure::text
            FROM pg_constraint k JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND d.refclassid = 'pg_proc'::regclass
            JOIN pg_proc p ON p.oid = d.refobjid JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE k.contype = 'c' AND k.conrelid <> 0 AND k.convalidated AND p.provolatile <> 'i' AND n.nspname <> 'pg_catalog'
            """, row => (Name: row.GetString(0), Table: row.GetString(1), Function: row.GetString(2)), cancellation).ConfigureAwait(false);
        foreach (var (name, table, function) in conditions)
            checks.Note($"The constraint {name} of {table} calls {function}, which is not IMMUTABLE. If that reads another table, no restore of this backup "
                + "can succeed, because tables are loaded one after "
                + "the other. Prove it with Test-ShoreGuardBackup -Drill.");
    }

    private async Task DumpAsync(PostgresTools tools, string snapshot, HeldFile file, IReporter reporter, CancellationToken cancellation)
    {
        await using var progress = new FileProgress($"Backing up {server.Name}", file.Path, expected: null, reporter);
        try
        {
            await using var output = file.OpenForWriting();
            string[] arguments = ["--format=custom", "--no-password", $"--snapshot={snapshot}", $"--lock-wait-timeout={LockTimeout}"];
            await tools.RunAsync("pg_dump", arguments, server.Database, input: null, output, cancellation).ConfigureAwait(false);
        }
        catch (PostgresToolException error)
        {
            throw Errors.DumpFailed(server.Name, error.Message, error);
        }
        catch (IOException error)
        {
            throw Errors.BackupNotWritable(Path.GetDirectoryName(file.Path)!, error);
        }
    }

    private async Task<DumpReading> ProveAsync(string path, (IReadOnlyList<string> Revisions, IReadOnlyList<TableRows> Rows, VersionPlace Version) present,
        int major, PostgresTools tools, CheckRecorder checks, CancellationToken cancellation)
    {
        DumpReading reading;
        try
        {
            reading = await PostgresDumpProof.ReadAsync(path, major, tools, checks, cancellation, present.Version).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            throw Errors.DumpFailed(server.Name, error.Message, error);
        }
        var dump = reading.Scan;
        checks.Run("backup: the same as the database", () =>
            dump.Revisions.Order(StringComparer.Ordinal).SequenceEqual(present.Revisions.Order(StringComparer.Ordinal)) && dump.Rows.SequenceEqual(present.Rows)
                ? (true, Describe(present.Revisions, present.Rows))
                : throw Errors.DumpFailed(
                    server.Name, $"it holds {Describe(dump.Revisions, dump.Rows)}, the database {Describe(present.Revisions, present.Rows)}"));
        return reading;
    }

    private static string Describe(IReadOnlyList<string> revisions, IReadOnlyList<TableRows> rows) =>
        new DatabaseContents(revisions.Count == 0 ? "none" : string.Join(" and ", revisions), rows).Describe();
}
