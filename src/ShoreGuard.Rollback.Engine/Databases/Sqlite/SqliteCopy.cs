using System.Diagnostics;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>The copy of a backup that will become the database.</summary>
internal static class SqliteCopy
{
    private const int BufferSize = 4 << 20;

    /// <summary>Copies, and makes the copy durable. Nobody but its owner can read it meanwhile.</summary>
    public static async Task RunAsync(string from, string to, IReporter reporter, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var reported = TimeSpan.Zero;
        await using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        await using var target = BackupFile.CreatePrivate(to);
        var buffer = new byte[(int)Math.Min(BufferSize, Math.Max(source.Length, 1))];
        for (int read; (read = await source.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
            if (clock.Elapsed - reported < TimeSpan.FromMilliseconds(500))
                continue;
            reported = clock.Elapsed;
            reporter.Progress(FileProgress.Describe("Copying the backup", target.Length, source.Length, reported));
        }
        target.Flush(flushToDisk: true);
        reporter.Progress(new("Copying the backup", "Done", 100, Completed: true));
    }

    /// <summary>Gives the copy owner, group and mode of the database it replaces; where there is none, the folder's owner and 0600.</summary>
    public static void TakeOverRights(string copy, string target)
    {
        if (File.Exists(target))
            NativeFile.TakeOverRights(copy, target);
        else if (Environment.IsPrivilegedProcess && NativeFile.Identify(Path.GetDirectoryName(target)!) is { } folder)
            NativeFile.ChangeOwner(copy, folder.Owner, folder.Group);
    }

    /// <summary>Takes the WAL mode out of a copy's header.</summary>
    public static void LeaveWal(string copy)
    {
        using (var connection = SqliteFile.Open(copy, SqliteOpenMode.ReadWrite, TimeSpan.Zero))
        {
            SqliteFile.Execute(connection, "PRAGMA locking_mode = EXCLUSIVE");
            SqliteFile.Execute(connection, "PRAGMA journal_mode = DELETE");
        }
        NativeFile.SyncFile(copy);
    }
}
