namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Backs a database up.</summary>
public sealed class DatabaseBackup : IDisposable
{
    private readonly DatabaseAccess _access;

    private DatabaseBackup(DatabaseAccess access) => _access = access;

    /// <summary>What is backed up: the URL, the password replaced by <c>***</c>.</summary>
    public string Database => _access.Database.Name;

    /// <summary>Finds the database. Changes nothing.</summary>
    public static async Task<DatabaseBackup> PlanAsync(DatabaseRequest request, CancellationToken cancellation) =>
        new(await DatabaseAccess.OpenAsync(request, cancellation).ConfigureAwait(false));

    /// <summary>Makes the backup, and proves it.</summary>
    /// <param name="folder">The folder it is made in, absolute; made where it is missing.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it; nothing is left behind.</param>
    public Task<Backup> RunAsync(string folder, IReporter reporter, CancellationToken cancellation) =>
        _access.Database.BackupAsync(folder, _access.Application?.Deployment.Identity, reporter, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _access.Dispose();
}
