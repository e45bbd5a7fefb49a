using ShoreGuard.Rollback.Engine.Databases;

namespace ShoreGuard.Rollback.Engine.Operations.Guarding;

/// <summary>Whether there is a backup of a deployment's database that can be relied on, and that is young enough.</summary>
internal static class ReleaseBackup
{
    /// <summary>Proves the newest ones until one holds.</summary>
    public static async Task<ReleaseFinding> CheckAsync(ReleaseTestRequest request, IReporter reporter, CancellationToken cancellation)
    {
        if (request.Deployment is not { } deployment)
            return new(null, "without a deployment there is no database to back up", $"Pipe the deployment in: {Advice.Pipe(null, "Test-ShoreGuardRelease")}");
        try
        {
            return await FindAsync(request, deployment, reporter, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            return new(null, $"backups cannot be looked at: {Errors.Finding(error)}", error.Recommendation);
        }
    }

    private static async Task<ReleaseFinding> FindAsync(ReleaseTestRequest request, Deployment deployment, IReporter reporter, CancellationToken cancellation)
    {
        var places = request.State.Backups.Of(deployment).Append(request.BackupFolder).Where(Path.Exists).Distinct().ToList();
        var advice = $"Make one now: {Advice.Pipe(deployment.Name, "Backup-ShoreGuardDatabase")}";
        ReleaseFinding? first = null;
        await foreach (var backup in BackupCatalog.FindAsync(places, cancellation).ConfigureAwait(false))
        {
            if (backup.Kind != deployment.Database.Kind || (backup.DeploymentName is { } of && of != deployment.Name))
                continue;
            var name = Path.GetFileName(backup.BackupPath);
            // Those of a clock that was wrong come last, and say nothing of how old they are.
            if (backup.Age > request.Rpo || BackupCatalog.IsOfFuture(backup.CreatedAt))
                return first ?? new(false, $"the newest backup, {name}, is {Readable.Age(backup.Age)} old, and the RPO is {Readable.Age(request.Rpo)}", advice);
            var test = new BackupTestRequest
            {
                BackupPath = backup.BackupPath,
                Rpo = request.Rpo,
                ScratchFolder = Path.GetTempPath(),
                Database = backup.Kind == DatabaseKind.Postgres ? new() { Deployment = deployment, BaseFolder = "/" } : null,
            };
            var report = await BackupTest.RunAsync(test, reporter, cancellation).ConfigureAwait(false);
            if (report.Usable)
                return new(true, $"{name} is proven and {Readable.Age(report.Age)} old, within the RPO of {Readable.Age(request.Rpo)}");
            first ??= new(report.Integrity == ProofOutcome.NotRun && report.Checksum != ProofOutcome.Failed ? null : false,
                $"the newest backup, {name}, is not proven: {report.Problem?.TrimEnd('.')}", report.Recommendation ?? advice);
        }
        return first ?? new(false, $"there is no backup of its database in {request.BackupFolder}", advice);
    }
}
