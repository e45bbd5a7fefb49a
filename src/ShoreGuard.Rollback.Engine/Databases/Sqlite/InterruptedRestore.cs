using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>What a restore has left that was killed before its swap was done: the database under the name is still the old one.</summary>
internal sealed class InterruptedRestore
{
    private readonly RestoreFiles _files;

    private InterruptedRestore(RestoreFiles files) => _files = files;

    /// <summary>The copy it had begun.</summary>
    public string Copy => _files.Copy;

    /// <summary>Where the old database is when there is none under its name: killed between two renames, on a file system without hard links.</summary>
    public string? OnlyUnderKeptName => !File.Exists(_files.Target) && File.Exists(_files.Kept) ? _files.Kept : null;

    /// <summary>The killed restores of a database.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreUnderWay</c>: one of them lives.</exception>
    public static IReadOnlyList<InterruptedRestore> Find(string target, string? ownCopy = null)
    {
        var found = RestoreFiles.Find(target).Where(files => files.Copy != ownCopy).ToList();
        if (found.FirstOrDefault(files => File.Exists(files.Copy) && !HeldFile.IsLeftOver(files.Copy)) is { } alive && File.Exists(alive.Copy))
            throw Errors.RestoreUnderWay(target, alive.Copy);
        return [.. found.Select(files => new InterruptedRestore(files))];
    }

    /// <summary>Puts everything back to where it was before it, and takes its copy away. Does the same again when it is itself killed.</summary>
    /// <returns>What was done, for people.</returns>
    /// <exception cref="ShoreGuardException"><c>RestoreUnderWay</c>: it lives after all, and had just begun when it was found.</exception>
    public string Mend()
    {
        if (File.Exists(Copy) && !HeldFile.IsLeftOver(Copy))
            throw Errors.RestoreUnderWay(_files.Target, Copy);
        var done = PutBack();
        // Last, since it says that the rest is to be done.
        SqliteFile.Delete(_files.Copy);
        NativeFile.SyncFolder(Path.GetDirectoryName(_files.Target)!);
        return $"{done}{Path.GetFileName(_files.Copy)} removed";
    }

    private string PutBack()
    {
        var (target, kept) = (_files.Target, _files.Kept);
        var aside = SqliteFile.Companions(kept)
            .Zip(SqliteFile.Companions(target), (from, to) => (From: from, To: to)).Where(pair => File.Exists(pair.From)).ToList();
        if (OnlyUnderKeptName is not null)
            File.Move(kept, target, overwrite: false);
        else if (aside.Count > 0 && IsChanged(aside.Select(pair => pair.To)))
            return $"{string.Join(", ", aside.Select(pair => Path.GetFileName(pair.From)))} left aside, since the database has been written without; ";
        else if (IsSecondName())
            File.Delete(kept);
        else if (File.Exists(kept))
            return ""; // Another file than the database: that is all there is of it.
        foreach (var (from, to) in aside)
            File.Move(from, to, overwrite: false);
        return aside.Count > 0 ? $"{string.Join(", ", aside.Select(pair => Path.GetFileName(pair.To)))} put back; " : "";
    }

    // SQLite would replay a WAL over what has been written since.
    private bool IsChanged(IEnumerable<string> companions) =>
        companions.Any(File.Exists) || (File.Exists(_files.Target) && File.GetLastWriteTimeUtc(_files.Target) > File.GetLastWriteTimeUtc(_files.Copy));

    private bool IsSecondName() => NativeFile.AreSame(_files.Kept, _files.Target);
}
