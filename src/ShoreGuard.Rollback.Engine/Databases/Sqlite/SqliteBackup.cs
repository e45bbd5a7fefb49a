using System.Diagnostics;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Backs a SQLite database up by SQLite's own online backup: committed rows of the WAL are in it, the application keeps running.</summary>
internal sealed class SqliteBackup(SqliteDatabase database)
{
    private const int Looks = 5;

    public Task<Backup> RunAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation)
    {
        CheckSource(database.FilePath);
        return MakeAsync(database, folder, identity, destination => CopyAsync(destination, reporter, cancellation), reporter, cancellation);
    }

    /// <summary>Makes a backup of a copy, proves it, and gives it its name.</summary>
    /// <param name="database">The database it is a backup of.</param>
    /// <param name="folder">The folder it is made in.</param>
    /// <param name="identity">The build that uses the database.</param>
    /// <param name="copy">Copies the database into a file that is there already.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<Backup> MakeAsync(
        IDatabase database, string folder, BuildIdentity? identity, Func<HeldFile, Task> copy, IReporter reporter, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var file = BackupFile.Create(folder, "sqlite");
        await copy(file.Held).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        var checks = new CheckRecorder(reporter);
        reporter.Progress(new($"Backing up {database.Name}", "Proving the backup"));
        var (contents, hash, size) = await file.ReadAsync(async path =>
        {
            // Written out, read and hashed at the same time.
            var durable = Task.Run(file.Sync, CancellationToken.None);
            var hashing = BackupChecksum.HashAsync(path, cancellation);
            try
            {
                var proven = SqliteProof.Prove(path, "backup", Verdicts(database.Location), checks, danglingAllowed: true, cancellation);
                await durable.ConfigureAwait(false);
                return (proven, await hashing.ConfigureAwait(false), new FileInfo(path).Length);
            }
            finally
            {
                await Task.WhenAll(durable, hashing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }).ConfigureAwait(false);
        if (checks.Checks.FirstOrDefault(check => !check.Passed) is { } dangling)
            reporter.Warning(
                $"The database has rows that refer to nothing ({dangling.Detail}), and so has its backup; Restore-ShoreGuardDatabase takes it only with "
                + "-Force.");
        var (path, created) = await file.PublishAsync(cancellation).ConfigureAwait(false);
        reporter.Progress(new($"Backing up {database.Name}", "Done", 100, Completed: true));
        return new Backup
        {
            BackupPath = path,
            Kind = DatabaseKind.Sqlite,
            Database = database.Name,
            Revision = contents.Revision,
            Size = size,
            Sha256 = hash,
            Rows = contents.Rows,
            Checks = checks.Checks,
            Identity = identity,
            CreatedAt = created,
            Duration = clock.Elapsed,
        };
    }

    /// <summary>Looks at a database from outside, before anything is made. SQLite itself would open a missing file as an empty database.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseIsFolder</c>, <c>DatabaseMissing</c>, <c>DatabaseEmpty</c>, <c>DatabaseForeign</c>,
    /// <c>DatabaseDenied</c>, <c>DatabaseUnreadable</c>, <c>WalElsewhere</c>.</exception>
    public static void CheckSource(string path)
    {
        if (Directory.Exists(path))
            throw Errors.DatabaseIsFolder(path);
        if (!File.Exists(path))
            throw Errors.DatabaseMissing(path, null);
        try
        {
            if (new FileInfo(path).Length == 0 && !File.Exists(path + "-wal"))
                throw Errors.DatabaseEmpty(path);
            var header = SqliteHeader.TryRead(path);
            if (new FileInfo(path).Length > 0 && header is null)
                throw Errors.DatabaseForeign(path, "it does not begin as a SQLite file does");
            if (header is { IsWal: true })
                RequireWalHere(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ReadFailure.OfDatabase(path, error);
        }
    }

    // Whoever opens a database in WAL mode makes a -shm beside the name by which he knows it, and may be about to.
    private static void RequireWalHere(string path)
    {
        for (var look = 0; !File.Exists(path + "-shm") && FileHolders.Find(path, writersOnly: true) is { Count: > 0 } holders; look++)
        {
            if (look == Looks)
                throw Errors.WalElsewhere(path, holders);
            Thread.Sleep(100);
        }
    }

    private async Task CopyAsync(HeldFile destination, IReporter reporter, CancellationToken cancellation)
    {
        await using var progress = new FileProgress($"Backing up {database.Name}", destination.Path, new FileInfo(database.FilePath).Length, reporter);
        try
        {
            await Task.Run(() => Copy(destination), cancellation).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw Errors.BackupNotWritable(Path.GetDirectoryName(destination.Path)!, error);
        }
        catch (SqliteException error)
        {
            throw destination.IsAt(destination.Path) ? Errors.FromSqliteBackup(database.FilePath, destination.Path, error)
                : Errors.BackupNotWritable(Path.GetDirectoryName(destination.Path)!, error);
        }
    }

    private void Copy(HeldFile destination)
    {
        using var source = database.OpenForBackup();
        using var target = SqliteFile.OpenHeld(destination);
        // A half-written copy is thrown away, and the whole one is synced once at its end.
        SqliteFile.Execute(target, "PRAGMA journal_mode = OFF");
        SqliteFile.Execute(target, "PRAGMA synchronous = OFF");
        source.BackupDatabase(target);
        // The copy of a database in WAL mode says so in its header; a backup is one file and needs no WAL beside it.
        SqliteFile.Execute(target, "PRAGMA journal_mode = DELETE");
    }

    /// <summary>What to say of a database that is not good.</summary>
    public static SqliteVerdicts Verdicts(string path) => new(
        () => Errors.DatabaseEmpty(path),
        why => Errors.DatabaseForeign(path, why),
        (why, inner) => Errors.DatabaseDamaged(path, why, inner));
}
