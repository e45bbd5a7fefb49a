using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Whether a SQLite restore can go at all: the backup is one, and its target can be replaced.</summary>
internal static class SqliteRestoreChecks
{
    /// <summary>What to say of a backup that is not good.</summary>
    public static SqliteVerdicts SourceVerdicts(string path) => new(
        () => Errors.BackupEmpty(path),
        why => Errors.BackupForeign(path, why),
        (why, inner) => Errors.BackupDamaged(path, why, inner));

    /// <summary>Looks at the backup from outside.</summary>
    public static void Source(string path, string target)
    {
        if (path == target || (NativeFile.Identify(path) is { } one && NativeFile.Identify(target) is { } other && one.Inode == other.Inode && one.Device == other.Device))
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
        // The old database stays, so the whole backup has to fit beside it; a little more for the folder's own growth.
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < needed + (1 << 20))
            throw Errors.DiskFull(folder, needed, free);
    }
}
