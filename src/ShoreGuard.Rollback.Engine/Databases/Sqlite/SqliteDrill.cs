using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Restores a backup into a scratch file, checks that to the last index entry, and takes it away.</summary>
internal static class SqliteDrill
{
    private const string Prefix = ".shoreguard-drill-";

    public static async Task RunAsync(string backupPath, string scratchFolder, DatabaseContents contents, DrillRecorder drill, CheckRecorder checks,
        IReporter reporter, CancellationToken cancellation)
    {
        var needed = new FileInfo(backupPath).Length;
        if (!Directory.Exists(scratchFolder))
            throw Errors.DatabaseFolderMissing(scratchFolder);
        if (NativeFile.FreeSpace(scratchFolder) is var free && free < needed + (1 << 20))
            throw Errors.DiskFull(scratchFolder, needed, free);
        HeldFile.RemoveLeftOvers(scratchFolder, Prefix, ".sqlite");
        var scratch = Path.Combine(scratchFolder, $"{Prefix}{Guid.NewGuid():n}.sqlite");
        try
        {
            drill.Begin();
            using var held = HeldFile.Create(scratch);
            if (await SqliteCopy.RunAsync(backupPath, held, reporter, cancellation).ConfigureAwait(false) is { } at)
                throw Errors.RestoreCopyDamaged(scratch, $"it differs from byte {at} on");
            drill.Restored();
            await Task.Run(() => Check(held, contents, checks, cancellation), cancellation).ConfigureAwait(false);
            drill.Verified();
        }
        finally
        {
            SqliteFile.Delete(scratch);
        }
    }

    // quick_check, which a restore makes, leaves out whether every index says what its table says; that takes ten times as long.
    private static void Check(HeldFile held, DatabaseContents contents, CheckRecorder checks, CancellationToken cancellation)
    {
        var scratch = held.Path;
        if (SqliteHeader.TryRead(scratch) is { IsWal: true })
            SqliteCopy.LeaveWal(held);
        var verdicts = new SqliteVerdicts(
            () => Errors.RestoreCopyDamaged(scratch, "it is empty"),
            why => Errors.RestoreCopyDamaged(scratch, why),
            (why, inner) => Errors.RestoreCopyDamaged(scratch, why, inner));
        var found = SqliteProof.Prove(scratch, "drill", verdicts, checks, danglingAllowed: false, cancellation);
        checks.Run("drill: integrity_check", () =>
        {
            using var connection = SqliteFile.OpenImmutable(scratch);
            return (true, SqliteProof.Check(connection, "integrity_check", SqliteUnknown.Find(connection, cancellation), verdicts, cancellation));
        });
        checks.Run("drill: revision and rows", () => found.Revision == contents.Revision && found.Rows.SequenceEqual(contents.Rows)
            ? (true, found.Describe())
            : throw Errors.RestoreCopyDamaged(scratch, $"it holds {found.Describe()}, the backup {contents.Describe()}"));
    }
}
