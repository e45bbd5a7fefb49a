using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Backs a database up.</summary>
public sealed class DatabaseBackup : IDisposable
{
    private readonly DatabaseAccess _access;

    private readonly StateStore _state;

    private DatabaseBackup(DatabaseAccess access, StateStore state) => (_access, _state) = (access, state);

    /// <summary>What is backed up: the URL, the password replaced by <c>***</c>.</summary>
    public string Database => _access.Database.Name;

    /// <summary>Finds the database. Changes nothing.</summary>
    /// <param name="request">Which database.</param>
    /// <param name="state">Where it is remembered where the backup is.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="reporter">Where is said how it goes; null for nowhere.</param>
    public static async Task<DatabaseBackup> PlanAsync(
        DatabaseRequest request, StateStore state, CancellationToken cancellation, IReporter? reporter = null) =>
        new(await DatabaseAccess.OpenAsync(request, reporter ?? SilentReporter.Instance, cancellation).ConfigureAwait(false), state);

    /// <summary>Refuses what the backup would refuse first. Changes nothing.</summary>
    /// <param name="folder">The folder it is to be made in, absolute.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task CheckAsync(string folder, CancellationToken cancellation) => _access.Database.CheckBackupAsync(folder, cancellation);

    /// <summary>What will be done, as the beginning of a sentence or a question.</summary>
    /// <param name="folder">The folder it is made in, absolute.</param>
    /// <param name="retention">Which older ones are deleted then.</param>
    public string Describe(string folder, BackupRetention retention)
    {
        var names = retention.Superfluous(folder, Origin, coming: 1).Select(Path.GetFileName).ToList();
        return $"Back up {Database} into {folder}"
            + (names.Count == 0 ? "" : $", and when that is proven, delete what is no longer kept: {string.Join(", ", names)}");
    }

    /// <summary>Makes the backup, and proves it.</summary>
    /// <param name="folder">The folder it is made in, absolute; made where it is missing.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="retention">Which older ones are deleted then.</param>
    /// <param name="cancellation">Stops it; nothing is left behind.</param>
    public async Task<Backup> RunAsync(string folder, BackupRetention retention, IReporter reporter, CancellationToken cancellation)
    {
        var deployment = Deployment;
        var backup = await _access.Database.BackupAsync(folder, deployment?.Identity, reporter, cancellation)
            .ConfigureAwait(false) with { DeploymentName = deployment?.Name };
        try
        {
            BackupSidecar.Write(backup, Origin);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            reporter.Warning(
                $"The backup is made and proven, but {BackupSidecar.PathFor(backup.BackupPath)} could not be written beside it: {Errors.Reason(error)}.");
        }
        Remember(deployment, backup, reporter);
        retention.Apply(folder, Origin, reporter);
        return backup;
    }

    // So that a plan finds it wherever it is. The backup is good without it.
    private void Remember(Deployment? deployment, Backup backup, IReporter reporter)
    {
        if (deployment is null)
            return;
        try
        {
            _state.Backups.Remember(deployment, backup);
        }
        catch (ShoreGuardException error)
        {
            reporter.Verbose($"Where the backup is could not be written down: {error.Message}");
        }
    }

    private string Origin => $"{Environment.MachineName}: {Deployment?.Name ?? "no deployment"}: {_access.Database.Location}";

    private Deployment? Deployment => _access.Application?.Deployment;

    /// <inheritdoc/>
    public void Dispose() => _access.Dispose();
}
