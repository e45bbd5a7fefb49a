using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Whether a SQLite restore can go at all: the backup is one, and its target can be replaced.</summary>
internal static class SqliteRestoreChecks
{
    /// <summary>What to say of a backup that is not good.</summary>
    public static SqliteVerdicts SourceVerdicts(string path) => new(
        () => Errors.BackupEmpty(path),
        why => Errors.BackupForeign(path, why),
        (why, inner) => Errors.BackupDamaged(path, why, inner),
        why => Errors.BackupDangling(path, why));

    /// <summary>Looks at the backup from outside.</summary>
    public static void Source(string path, string target)
    {
        if (path == target || NativeFile.AreSame(path, target))
            throw Errors.BackupIsTarget(path);
        // Its rows belong to the backup, but reading them would mean to change it.
        foreach (var companion in (string[])[path + "-wal", path + "-journal"])
        {
            if (File.Exists(companion) && new FileInfo(companion).Length > 0)
                throw Errors.BackupUnfinished(path, companion);
        }
    }

    /// <summary>Looks at the target from outside.</summary>
    public static void Target(string path, long needed)
    {
        if (Directory.Exists(path))
            throw Errors.DatabaseIsFolder(path);
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            throw Errors.DatabaseFolderMissing(folder);
        if (!NativeFile.IsWritableFolder(folder))
            throw Errors.DatabaseFolderNotWritable(folder);
        // Elsewhere who may write to the folder may replace what is in it.
        if (OperatingSystem.IsWindows() && File.Exists(path) && File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly))
            throw Errors.DatabaseReadOnly(path);
        // The old database stays, so the whole backup has to fit beside it; a little more for the folder's own growth.
        var free = NativeFile.FreeSpace(folder);
        if (free < needed + (1 << 20))
            throw Errors.DiskFull(folder, needed, free);
    }

    /// <summary>What is in the database that is replaced; null when there is none, or none that can be read: a damaged one is what restores are for.
    /// What is another application's is refused, unless the operator insists.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreForeign</c>.</exception>
    public static DatabaseContents? Before(string path, RestoreOptions options, CancellationToken cancellation)
    {
        var contents = SqliteInspection.TryDescribe(path, cancellation);
        if (contents is null && !options.Force && SqliteInspection.IsForeign(path, cancellation))
            throw Errors.RestoreForeign(path);
        return contents;
    }

    /// <summary>Proves what is in the database's place now.</summary>
    /// <param name="path">The database.</param>
    /// <param name="wanted">The revision it should be at; null when it is put back although it cannot be read.</param>
    /// <param name="kept">The database that was there; null when there was none.</param>
    /// <param name="held">The lock on the new one, through which it is read: to open and close it beside would drop the lock.</param>
    /// <exception cref="ShoreGuardException"><c>RestoreDisturbed</c>.</exception>
    public static string? InPlace(string path, string? wanted, string? kept, SqliteLock? held = null)
    {
        // Who opened the old one before it was renamed waits for its lock, and would go on with it.
        if (kept is not null && FileHolders.Find(kept) is { Count: > 0 } holders)
            throw Errors.RestoreDisturbed(path, $"{string.Join(", ", holders)} has the old one open");
        if (wanted is null)
            return "not proven: it is damaged";
        var left = SqliteFile.Companions(path).Where(File.Exists).ToList();
        if (left.Count > 0)
            throw Errors.RestoreDisturbed(path, $"{string.Join(" and ", left.Select(Path.GetFileName))} appeared beside it");
        var revision = held?.Revision ?? SqliteProof.ReadRevision(path);
        return revision == wanted ? $"revision {revision}" : throw Errors.RestoreDisturbed(path, $"it is at revision {revision}");
    }
}
