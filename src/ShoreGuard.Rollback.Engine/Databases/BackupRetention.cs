namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Which older backups of a database are no longer kept once a newer one has been proven.</summary>
/// <param name="Keep">How many are kept, the newest ones; null when only age counts.</param>
/// <param name="KeepFor">How young those are that are kept; null when only number counts.</param>
/// <remarks>
/// What either rule keeps stays. Only backups whose sidecar names the same database of the same deployment are ever deleted: of others
/// nobody knows whether anything newer replaces them. The newest proven one is always kept; it is the one that was just made.
/// </remarks>
public sealed record BackupRetention(int? Keep, TimeSpan? KeepFor)
{
    /// <summary>Keeps every backup.</summary>
    public static BackupRetention Everything { get; } = new(null, null);

    /// <summary>Those to delete, oldest last. One that is dated in the future is neither counted nor deleted: nobody knows how old it is.</summary>
    /// <param name="folder">The folder, absolute.</param>
    /// <param name="origin">The database, as the sidecars of its backups name it.</param>
    /// <param name="coming">How many newer ones there will be first.</param>
    internal IReadOnlyList<string> Superfluous(string folder, string origin, int coming)
    {
        if (Keep is null && KeepFor is null)
            return [];
        var own = BackupCatalog.Names(folder)
            .Select(path => (Path: path, Sidecar: BackupSidecar.TryRead(path)))
            .Where(file => file.Sidecar?.Origin == origin && !BackupCatalog.IsOfFuture(file.Sidecar.CreatedAt))
            .OrderByDescending(file => file.Sidecar!.CreatedAt).ToList();
        var newestProven = coming > 0 ? null : own.FirstOrDefault(file => file.Sidecar!.Proven).Path;
        return [.. own
            .Where((file, index) => file.Path != newestProven && !(index + coming < Keep) && !(DateTimeOffset.UtcNow - file.Sidecar!.CreatedAt < KeepFor))
            .Select(file => file.Path)];
    }

    /// <summary>Deletes them, each before its sidecar: a backup without one is never taken for superfluous.</summary>
    internal void Apply(string folder, string origin, IReporter reporter)
    {
        foreach (var path in Superfluous(folder, origin, coming: 0))
        {
            try
            {
                File.Delete(path);
                File.Delete(BackupSidecar.PathFor(path));
                reporter.Verbose($"Deleted {path}, which is no longer kept.");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                reporter.Warning($"{path} is no longer kept, but could not be deleted: {Errors.Reason(error)}.");
            }
        }
    }
}
