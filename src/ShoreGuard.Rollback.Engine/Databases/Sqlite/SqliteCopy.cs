using System.Diagnostics;
using Microsoft.Data.Sqlite;

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
        if (OperatingSystem.IsWindows())
            return;
        var model = File.Exists(target) ? target : Path.GetDirectoryName(target)!;
        if (NativeFile.Identify(model) is { } wanted && NativeFile.Identify(copy) is { } present
            && (wanted.Owner, wanted.Group) != (present.Owner, present.Group) && (File.Exists(target) || Environment.IsPrivilegedProcess))
            NativeFile.ChangeOwner(copy, wanted.Owner, wanted.Group);
        // After the owner, because changing the owner clears bits of the mode.
        if (File.Exists(target))
            File.SetUnixFileMode(copy, File.GetUnixFileMode(target));
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
