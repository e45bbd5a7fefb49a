using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>Puts a new database file in the place of the old one. At every moment there is one whole file under the name, the old or the new.</summary>
internal sealed class SqliteSwap(string target, string copy, string keptName)
{
    private readonly List<(string From, string To)> _movedAside = [];
    private bool _swapped;

    /// <summary>Where the old database is now; null when there was none, or nothing has been swapped.</summary>
    public string? Kept { get; private set; }

    /// <summary>A name for the old database that nothing has yet.</summary>
    public static string FreeName(string target, string stamp)
    {
        var name = $"{target}.before-restore-{stamp}";
        for (var number = 2; File.Exists(name); number++)
            name = $"{target}.before-restore-{stamp}-{number}";
        return name;
    }

    /// <summary>Swaps, and makes the swap durable.</summary>
    /// <param name="beforeRename">Called when everything is ready and only the rename is left.</param>
    public void Do(Action beforeRename)
    {
        // What is left beside it belongs to the old file; beside the new one SQLite would replay it.
        foreach (var companion in SqliteFile.Companions(target).Where(File.Exists))
            MoveAside(companion, keptName + companion[target.Length..]);
        beforeRename();
        if (!File.Exists(target))
            File.Move(copy, target, overwrite: false);
        else if (OperatingSystem.IsWindows())
            File.Replace(copy, target, keptName);
        else if (NativeFile.TryLink(target, keptName))
            File.Move(copy, target, overwrite: true);
        else
            RenameBoth();
        _swapped = true;
        Kept = File.Exists(keptName) ? keptName : null;
        NativeFile.SyncFolder(Path.GetDirectoryName(target)!);
    }

    /// <summary>Puts the old database back, whatever of the swap was done.</summary>
    public void Undo()
    {
        if (File.Exists(keptName))
            File.Move(keptName, target, overwrite: true);
        else if (_swapped)
            File.Delete(target);
        foreach (var (from, to) in Enumerable.Reverse(_movedAside))
            File.Move(to, from, overwrite: true);
        _movedAside.Clear();
        (_swapped, Kept) = (false, null);
        NativeFile.SyncFolder(Path.GetDirectoryName(target)!);
    }

    // A file system without hard links (FAT, some network shares): for a moment there is no file under the name.
    private void RenameBoth()
    {
        File.Move(target, keptName, overwrite: false);
        File.Move(copy, target, overwrite: false);
    }

    private void MoveAside(string from, string to)
    {
        File.Move(from, to, overwrite: false);
        _movedAside.Add((from, to));
    }
}
