using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>The two files that a restore makes beside a database. They are named alike, so that one leads to the other.</summary>
/// <param name="Target">The database.</param>
/// <param name="Stamp">When, in UTC.</param>
internal sealed record RestoreFiles(string Target, string Stamp)
{
    private const string Copying = ".restoring-";
    private const string Keeping = ".before-restore-";

    /// <summary>What will be the database.</summary>
    public string Copy => Target + Copying + Stamp;

    /// <summary>What was the database.</summary>
    public string Kept => Target + Keeping + Stamp;

    /// <summary>Names that nothing has yet.</summary>
    public static RestoreFiles Free(string target, DateTimeOffset now)
    {
        var files = new RestoreFiles(target, BackupFile.Stamp(now));
        for (var number = 2; File.Exists(files.Kept) || File.Exists(files.Copy); number++)
            files = files with { Stamp = $"{BackupFile.Stamp(now)}-{number}" };
        return files;
    }

    /// <summary>The restores whose copy is there: those under way, and those that were killed before their swap.</summary>
    public static IReadOnlyList<RestoreFiles> Find(string target) =>
        [.. Beside(target, Copying).Select(path => new RestoreFiles(target, path[(target.Length + Copying.Length)..]))];

    /// <summary>The databases that are kept beside one, each by its path, in order.</summary>
    public static IReadOnlyList<string> KeptBeside(string target) => [.. Beside(target, Keeping).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Beside(string target, string infix) =>
        Path.GetDirectoryName(target) is { } folder && Directory.Exists(folder)
            ? HeldFile.Find(folder, Path.GetFileName(target) + infix).Where(path => !SqliteFile.Companions("").Any(path.EndsWith))
            : [];
}
