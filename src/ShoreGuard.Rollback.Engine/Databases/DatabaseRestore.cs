using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>A restore: planned without changing anything, then run so that every failure puts the state before back.</summary>
public sealed class DatabaseRestore : IDisposable
{
    private readonly DatabaseAccess _access;
    private readonly IRestore _restore;
    private readonly string _backupPath;
    private readonly IReadOnlyList<DatabaseCheck> _checksum;

    private DatabaseRestore(DatabaseAccess access, IRestore restore, string backupPath, IReadOnlyList<DatabaseCheck> checksum)
    {
        _access = access;
        _restore = restore;
        _backupPath = backupPath;
        _checksum = checksum;
    }

    /// <summary>The database that is replaced: the URL, the password replaced by <c>***</c>.</summary>
    public string Database => _access.Database.Name;

    /// <summary>What is replaced by what, as a sentence.</summary>
    public string Description
    {
        get
        {
            var before = _restore.Before is { } present ? present.Describe() : "nothing that can be read";
            var stop = Application is { WasRunning: true } running ? $", stopping {running.Deployment.Name} for the swap" : "";
            return $"Replace {before} by {_restore.Contents.Describe()} of {_backupPath}{stop}; {_restore.How}";
        }
    }

    private ManagedApplication? Application => _access.Application;

    /// <summary>Reads everything, and proves the backup. Changes nothing.</summary>
    /// <param name="request">Which database.</param>
    /// <param name="backupPath">The backup, absolute.</param>
    /// <param name="jobs">PostgreSQL: how many connections restore at the same time; null for a number that suits the machine.</param>
    /// <param name="safetyFolder">The folder in which the present database is backed up where it cannot be kept beside the new one, absolute; null for the backup's own.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<DatabaseRestore> PlanAsync(DatabaseRequest request, string backupPath, int? jobs, string? safetyFolder, IReporter reporter, CancellationToken cancellation)
    {
        var access = await DatabaseAccess.OpenAsync(request, cancellation).ConfigureAwait(false);
        try
        {
            access.Application?.RequireStoppable();
            var options = new RestoreOptions(jobs, safetyFolder ?? Path.GetDirectoryName(backupPath)!, access.Application is { WasRunning: true });
            var activity = $"Restoring {access.Database.Name}";
            reporter.Progress(new(activity, "Reading the database and proving the backup"));
            BackupSource.CheckFile(backupPath, access.Database.Kind);
            var checksum = new CheckRecorder(reporter);
            await BackupChecksum.VerifyAsync(backupPath, BackupSidecar.TryRead(backupPath)?.Sha256, checksum, cancellation).ConfigureAwait(false);
            var restore = await access.Database.PlanRestoreAsync(backupPath, options, reporter, cancellation).ConfigureAwait(false);
            reporter.Progress(new(activity, "Planned", Completed: true));
            return new(access, restore, backupPath, checksum.Checks);
        }
        catch
        {
            access.Dispose();
            throw;
        }
    }

    /// <summary>Restores.</summary>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it and puts the state before back; too late once the new database is in its place.</param>
    /// <exception cref="ShoreGuardException">What failed, with the <see cref="RestoreResult"/> as far as it got in <c>Result</c>; <c>UndoFailed</c> when putting back failed too.</exception>
    public async Task<RestoreResult> ExecuteAsync(IReporter reporter, CancellationToken cancellation)
    {
        var steps = new StepRecorder($"Restoring {Database}", reporter);
        var outage = new Stopwatch();
        MigrationGraph? migrations;
        try
        {
            migrations = await ReadMigrationsAsync(steps, cancellation).ConfigureAwait(false);
            await _restore.PrepareAsync(steps, reporter, cancellation).ConfigureAwait(false);
            outage.Start();
            await StopApplicationAsync(steps, cancellation).ConfigureAwait(false);
            await _restore.SwapAsync(steps, cancellation).ConfigureAwait(false);
            steps.Commit();
        }
        catch (Exception error)
        {
            outage.Stop();
            var failures = await steps.UndoAsync().ConfigureAwait(false);
            var told = failures.Count > 0 ? Errors.UndoFailed(Database, $"Restoring {Database}", error, failures) : error as ShoreGuardException;
            if (told is null)
                throw;
            throw Errors.WithResult(told, await FailureAsync(steps, outage, failures.Count == 0, error).ConfigureAwait(false));
        }
        finally
        {
            await _restore.CleanUpAsync().ConfigureAwait(false);
        }
        var (state, recommendation) = await StartApplicationAsync(steps, migrations, reporter).ConfigureAwait(false);
        outage.Stop();
        reporter.Progress(new($"Restoring {Database}", "Done", 100, Completed: true));
        return await ResultAsync(steps, outage.Elapsed, state, recommendation).ConfigureAwait(false);
    }

    // Before anything is stopped, since it starts a container and takes a second or two.
    private async Task<MigrationGraph?> ReadMigrationsAsync(StepRecorder steps, CancellationToken cancellation)
    {
        MigrationGraph? migrations = null;
        if (Application is { WasRunning: true })
        {
            await steps.RunAsync("Read the migration head of the deployment's image", async () =>
            {
                migrations = await Application.ReadMigrationsAsync(cancellation).ConfigureAwait(false);
                return migrations is null ? "it cannot be read" : string.Join(", ", migrations.Heads);
            }).ConfigureAwait(false);
        }
        return migrations;
    }

    private async Task StopApplicationAsync(StepRecorder steps, CancellationToken cancellation)
    {
        if (Application is not { WasRunning: true } application)
            return;
        await steps.RunAsync($"Stop {application.Deployment.Name}", async () =>
        {
            await application.StopAsync(cancellation).ConfigureAwait(false);
            return null;
        }, () => application.StartAsync(CancellationToken.None)).ConfigureAwait(false);
    }

    // The restored database stays whatever becomes of the start: a failure of it is told, and undoes nothing.
    private async Task<(ApplicationState State, string? Recommendation)> StartApplicationAsync(StepRecorder steps, MigrationGraph? migrations, IReporter reporter)
    {
        if (Application is not { } application)
            return (ApplicationState.NotManaged, null);
        var revision = _restore.Contents.Revision;
        if (!application.WasRunning)
            return (ApplicationState.StayedStopped, RestoreAdvice.Stopped(application.Deployment, revision));
        if (migrations?.Leaves(revision) != true)
        {
            steps.Skip($"Start {application.Deployment.Name}", RestoreAdvice.WhyLeft(migrations, revision));
            return (ApplicationState.LeftStopped, RestoreAdvice.LeftStopped(application.Deployment, migrations, revision));
        }
        try
        {
            await steps.RunAsync($"Start {application.Deployment.Name}", async () =>
            {
                await application.StartAsync(CancellationToken.None).ConfigureAwait(false);
                return null;
            }).ConfigureAwait(false);
            return (ApplicationState.Restarted, null);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"The database is restored, but {application.Deployment.Name} did not start: {error.Message}");
            return (ApplicationState.StartFailed, $"Find out why it does not start (docker logs {application.Deployment.Name}), then run docker start {application.Deployment.Name}.");
        }
    }

    private async Task<RestoreResult> FailureAsync(StepRecorder steps, Stopwatch outage, bool reverted, Exception cause) => new()
    {
        Succeeded = false,
        Reverted = reverted,
        Reason = Errors.Reason(cause),
        BackupPath = _backupPath,
        Kind = _access.Database.Kind,
        Database = Database,
        RevisionBefore = _restore.Before?.Revision,
        Revision = reverted ? _restore.Before?.Revision : null,
        Size = 0,
        Rows = reverted ? _restore.Before?.Rows ?? [] : [],
        Checks = [.. _checksum, .. _restore.Checks],
        Kept = _restore.Kept,
        Application = Application switch
        {
            null => ApplicationState.NotManaged,
            { WasRunning: false } => ApplicationState.StayedStopped,
            { WasStopped: false } => ApplicationState.KeptRunning,
            _ => reverted ? ApplicationState.Restarted : ApplicationState.StartFailed,
        },
        Outage = outage.Elapsed,
        Steps = steps.Steps,
        Duration = steps.Elapsed,
        Deployment = Application is { } application ? await application.TryDescribeAsync().ConfigureAwait(false) : null,
    };

    private async Task<RestoreResult> ResultAsync(StepRecorder steps, TimeSpan outage, ApplicationState state, string? recommendation) => new()
    {
        Succeeded = true,
        Reverted = false,
        BackupPath = _backupPath,
        Kind = _access.Database.Kind,
        Database = Database,
        RevisionBefore = _restore.Before?.Revision,
        Revision = _restore.Contents.Revision,
        Size = _restore.Size,
        Rows = _restore.Contents.Rows,
        Checks = [.. _checksum, .. _restore.Checks],
        Kept = _restore.Kept,
        Application = state,
        Outage = outage,
        Steps = steps.Steps,
        Recommendation = recommendation,
        Duration = steps.Elapsed,
        Deployment = Application is { } application ? await application.DescribeAsync(CancellationToken.None).ConfigureAwait(false) : null,
    };

    /// <inheritdoc/>
    public void Dispose() => _access.Dispose();
}
