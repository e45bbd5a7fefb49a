using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Puts another database file in the place of the old one. At every moment there is one whole file under the name, the old or the new.</summary>
/// <remarks>
/// The copy's name goes with the last rename, so as long as it is there the swap has not happened: that is how
/// <see cref="InterruptedRestore"/> knows what a killed process was about. The old database has its second name first, so that what is
/// moved aside has something it belongs to.
/// </remarks>
internal sealed class SqliteSwap(string target, string copy, string keptName)
{
    private readonly List<(string From, string To)> _moved = [];

    /// <summary>Where the old database is now; null when there was none, or nothing has been swapped.</summary>
    public string? Kept { get; private set; }

    /// <summary>Swaps, and makes the swap durable.</summary>
    /// <param name="beforeRename">Called when everything is ready and only the rename is left.</param>
    public void Do(Action beforeRename)
    {
        RemoveSecondNames();
        var exists = File.Exists(target);
        var linked = exists && NativeFile.TryLink(target, keptName);
        // A file system without hard links (FAT, some network shares): for a moment there is no file under the name.
        if (exists && !linked && !OperatingSystem.IsWindows())
            File.Move(target, keptName, overwrite: false);
        // On Windows, whoever holds the lock holds its journal too, and lets go of both now.
        if (OperatingSystem.IsWindows())
            beforeRename();
        // What is left beside it belongs to the old file; beside the new one SQLite would replay it.
        foreach (var companion in SqliteFile.Companions(target).Where(File.Exists))
            Move(companion, keptName + companion[target.Length..]);
        if (!OperatingSystem.IsWindows())
            beforeRename();
        if (exists && OperatingSystem.IsWindows())
            FileConflict.Retry(() => File.Replace(copy, target, keptName));
        else
            File.Move(copy, target, overwrite: linked);
        // A damaged database that is put back brings what SQLite kept beside it along: it may be the rest of its rows.
        foreach (var companion in SqliteFile.Companions(copy).Where(File.Exists))
        {
            if (SqliteFile.IsPending(companion))
                Move(companion, target + companion[copy.Length..]);
            else
                File.Delete(companion);
        }
        Kept = exists ? keptName : null;
        NativeFile.SyncFolder(Path.GetDirectoryName(target)!);
    }

    /// <summary>Puts the old database back, whatever of the swap was done; the new one has the name it came with again.</summary>
    public void Undo()
    {
        // What has lost its own name is under the target's.
        var swapped = !File.Exists(copy) && !NativeFile.IsLink(copy);
        // What somebody has written to the new one meanwhile goes with it; beside the old one SQLite would replay it.
        if (swapped)
        {
            foreach (var companion in SqliteFile.Companions(target).Where(file => File.Exists(file) && !_moved.Exists(moved => moved.To == file)))
                File.Move(companion, copy + companion[target.Length..], overwrite: true);
        }
        if (swapped && OperatingSystem.IsWindows() && File.Exists(keptName))
            File.Replace(keptName, target, copy);
        else if (swapped && File.Exists(target) && !(File.Exists(keptName) && NativeFile.TryLink(target, copy)))
            File.Move(target, copy, overwrite: false);
        if (File.Exists(keptName))
        {
            File.Move(keptName, target, overwrite: true);
            // Two names of one file stay two names: rename(2) does nothing then.
            File.Delete(keptName);
        }
        foreach (var (from, to) in Enumerable.Reverse(_moved))
            File.Move(to, from, overwrite: true);
        _moved.Clear();
        Kept = null;
        NativeFile.SyncFolder(Path.GetDirectoryName(target)!);
    }

    // Killed between giving the database its second name and putting another in its place, the undo of a restore leaves one file under two
    // names; who took the second for a copy would later write to both.
    private void RemoveSecondNames()
    {
        foreach (var name in RestoreFiles.KeptBeside(target).Where(name => NativeFile.AreSame(name, target)))
            File.Delete(name);
    }

    private void Move(string from, string to)
    {
        File.Move(from, to, overwrite: false);
        _moved.Add((from, to));
    }
}
