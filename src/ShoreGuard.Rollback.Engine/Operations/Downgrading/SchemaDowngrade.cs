using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>A downgrade of a deployment's database: read to its end without changing anything, then run so that every failure puts the state before
/// back.</summary>
public sealed class SchemaDowngrade : IDisposable
{
    private readonly SchemaDowngradeRequest _request;
    private readonly IContainerEngine _engine;
    private readonly DatabaseAccess _access;
    private readonly ContainerView _container;
    private readonly ImageView _ownImage;
    private readonly ImageView _scripts;
    private readonly DowngradePath _path;
    private readonly IReadOnlyList<SchemaLoss> _losses;
    private readonly List<string> _output = [];
    private readonly ApplicationPause _pause;

    private SchemaDowngrade(SchemaDowngradeRequest request, IContainerEngine engine, DatabaseAccess access,
        (ContainerView Container, ImageView OwnImage, ImageView Scripts) found, DowngradePath path, IReadOnlyList<SchemaLoss> losses)
    {
        (_request, _engine, _access, _path, _losses) = (request, engine, access, path, losses);
        (_container, _ownImage, _scripts) = found;
        _pause = new(access.Application, startsStopped: false);
    }

    /// <summary>The deployment's name.</summary>
    public string Name => _request.Deployment.Name;

    /// <summary>Whether the database is at the wanted revision already.</summary>
    public bool IsDone => _path.Migrations.Count == 0;

    /// <summary>What is taken back and what it costs, as a sentence without its full stop.</summary>
    public string Description
    {
        get
        {
            var stop = Application.WasRunning ? $"stop {Name}, " : "";
            var losses = _losses.Count == 0 ? "no table and no column is dropped" : $"dropped for good: {string.Join("; ", _losses)}";
            return $"Take the database {_access.Database.Name} of {Name} from {string.Join(", ", _path.From)} down to {_request.To} "
                + $"({string.Join(", ", _path.Migrations.Select(migration => migration.Revision))}) with {Image}: {stop}back up into {_request.BackupFolder}, "
                + $"downgrade; {losses}";
        }
    }

    private string Image => _request.Image ?? _request.Deployment.Image;

    private ManagedApplication Application => _access.Application!;

    /// <summary>Reads the whole chain, and refuses it before its first step if it cannot be gone to its end. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">
    /// <c>DeploymentGone</c>, <c>ImageGone</c>, <c>ImageNotHere</c>, <c>MigrationsUnreadable</c>, <c>MigrationsBroken</c>, <c>SchemaNotStamped</c>,
    /// <c>SchemaSeveralRevisions</c>,
    /// <c>DatabaseRevisionUnknown</c>, <c>RevisionUnknown</c>, <c>RevisionNotBelow</c>, <c>SchemaIrreversible</c>, <c>AutoRemoveContainer</c>,
    /// <c>DatabaseInMemory</c>, <c>DatabaseMountedAlone</c>, <c>DatabaseInsideContainer</c>, and those of a database that cannot be reached.
    /// </exception>
    public static async Task<SchemaDowngrade> PlanAsync(SchemaDowngradeRequest request, IReporter reporter, CancellationToken cancellation)
    {
        var deployment = request.Deployment;
        var engine = await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        DatabaseAccess? access = null;
        try
        {
            access = await DatabaseAccess.OpenAsync(request.Database, reporter, cancellation).ConfigureAwait(false);
            access.Application!.RequireStoppable();
            var container = await engine.InspectContainerAsync(deployment.ContainerId, cancellation).ConfigureAwait(false)
                ?? throw Errors.DeploymentGone(deployment.Name, engine.Host);
            await ForeignCode.RefuseAsync(engine, container, deployment.Name, cancellation).ConfigureAwait(false);
            if (Errors.DatabaseDoesNotOutlive(deployment.Name, DeploymentDatabase.PlaceOf(container)) is { } inside)
                throw inside;
            var ownImage = await engine.InspectImageAsync(container.ImageId, cancellation).ConfigureAwait(false)
                ?? throw Errors.ImageGone(deployment.Name, container.ImageId);
            var (scripts, graph) = request.Image is { } named
                ? await SchemaInspection.ReadImageAsync(engine, named, cancellation).ConfigureAwait(false)
                : (ownImage, await MigrationProbe.ReadAsync(engine, deployment.Image, ownImage, cancellation).ConfigureAwait(false));
            var revisions = await access.Database.ReadRevisionsAsync(cancellation).ConfigureAwait(false);
            var path = DowngradePath.Find(deployment.Name, request.Image ?? deployment.Image, graph, revisions, request.To);
            if (path.Irreversible.Count > 0)
                throw Errors.SchemaIrreversible(deployment.Name, request.To, path.Irreversible,
                    await FindBackupAsync(request, access.Database.Kind, cancellation).ConfigureAwait(false), request.BackupFolder);
            // Found out now, not during the outage.
            BackupFile.RequireWritable(request.BackupFolder);
            await access.Database.RequireToolsAsync(cancellation).ConfigureAwait(false);
            if (path.Migrations.Count > 0)
                await access.Database.RequireNobodyElseAsync(access.Application.Addresses, cancellation).ConfigureAwait(false);
            await DeploymentLock.RequireFreeAsync(engine, request.State, deployment.Name, cancellation).ConfigureAwait(false);
            var losses = path.Losses(await access.Database.ReadSchemaAsync(path.Columns, cancellation).ConfigureAwait(false));
            return new(request, engine, access, (container, ownImage, scripts), path, losses);
        }
        catch
        {
            access?.Dispose();
            engine.Dispose();
            throw;
        }
    }

    /// <summary>What there is to say when there is nothing to do.</summary>
    public async Task<SchemaDowngradeResult> DescribeDoneAsync(CancellationToken cancellation) =>
        Result(new StepRecorder($"Downgrading {Name}", SilentReporter.Instance), TimeSpan.Zero) with
        {
            Succeeded = true,
            Revisions = _path.From,
            Application = Application.WasRunning ? ApplicationState.KeptRunning : ApplicationState.StayedStopped,
            Recommendation = Application.WasRunning ? null : RestoreAdvice.Stopped(_request.Deployment, _request.To),
            Deployment = await Application.DescribeAsync(cancellation).ConfigureAwait(false),
        };

    /// <summary>Downgrades.</summary>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it and puts the state before back.</param>
    /// <exception cref="ShoreGuardException">What failed, with the <see cref="SchemaDowngradeResult"/> as far as it got in <c>Result</c>;
    /// <c>UndoFailed</c> when putting back failed too.</exception>
    public async Task<SchemaDowngradeResult> ExecuteAsync(IReporter reporter, CancellationToken cancellation)
    {
        var first = FirstNote();
        var operation = new Operation { State = _request.State, Activity = "schema downgrade", Entry = Entry(first), Resumed = Resumed };
        await using var runner = await OperationRunner.BeginAsync(_engine, operation, cancellation).ConfigureAwait(false);
        return await runner.RunAsync(
            () => ExecuteAsync(first, runner.Log, reporter, cancellation),
            result => new(RollbackState.Succeeded, null, result.Outage, result.Revisions), reporter).ConfigureAwait(false);
    }

    /// <summary>The downgrade that this one does once more, since its process was killed; null when it is a new one.</summary>
    internal RollbackJournal.Entry? Resumed { get; set; }

    private RollbackJournal.Entry Entry(DowngradeNote first)
    {
        var id = Resumed?.Record.Id ?? RollbackLog.NewId();
        return new(
            RollbackLog.RecordOf(id, OperationKind.SchemaDowngrade, RollbackStrategy.Downgrade, _request.Deployment) with { RevisionsBefore = _path.From },
            new() { BackupFolder = _request.BackupFolder, Image = _request.Image, Strategy = RollbackStrategy.Downgrade },
            RollbackLog.NoteOf(_request.Deployment, Application.WasRunning, _request.BackupFolder) with { Downgrade = first });
    }

    private DowngradeNote FirstNote() => new()
    {
        DockerHost = _request.Deployment.DockerHost,
        Name = Name,
        From = _path.From,
        To = _path.To,
        ImageId = _scripts.Id,
        Worker = $"shoreguard-downgrade-{Guid.NewGuid():n}",
        WasRunning = Application.WasRunning,
        StartedAt = DateTimeOffset.UtcNow,
    };

    private async Task<SchemaDowngradeResult> ExecuteAsync(DowngradeNote first, RollbackLog log, IReporter reporter, CancellationToken cancellation)
    {
        var steps = new StepRecorder($"Downgrading {Name}", reporter, log);
        await using var run = CreateRun(steps, log, reporter, first);
        var outage = new Stopwatch();
        try
        {
            await run.CheckAgainAsync(cancellation).ConfigureAwait(false);
            await _pause.ObserveAsync(steps, reporter, cancellation).ConfigureAwait(false);
            await log.WriteAsync(note => note with { DownSince = note.WasRunning ? DateTimeOffset.UtcNow : null }).ConfigureAwait(false);
            outage.Start();
            await _pause.StopAsync(steps, cancellation).ConfigureAwait(false);
            await run.BackUpAsync(cancellation).ConfigureAwait(false);
            await run.DowngradeAsync(cancellation).ConfigureAwait(false);
            await run.VerifyAsync(cancellation).ConfigureAwait(false);
            await log.WriteAsync(note => note with { Rows = run.RowsAfter, Mark = run.MarkAfter, HasHeld = true }).ConfigureAwait(false);
            steps.Commit();
        }
        catch (Exception error)
        {
            throw await FailAsync(steps, run, outage, error).ConfigureAwait(false);
        }
        await run.ConcludeAsync().ConfigureAwait(false);
        // The image that was downgraded with would upgrade the database again at once; only an older one that is deployed already may start.
        var revisions = _path.Graph.HeadsOf(_path.Expected);
        var (state, recommendation) = await _pause.StartAsync(steps, revisions is [var revision] ? revision : null, reporter, cancellation)
            .ConfigureAwait(false);
        outage.Stop();
        reporter.Progress(new($"Downgrading {Name}", "Done", 100, Completed: true));
        return Result(steps, outage.Elapsed) with
        {
            Succeeded = true,
            BackupPath = run.BackupPath,
            Revisions = revisions,
            Application = state,
            Recommendation = recommendation,
            Deployment = await Application.TryDescribeAsync().ConfigureAwait(false),
        };
    }

    /// <summary>Its steps, for whoever takes them one by one, stopping the application in between.</summary>
    internal DowngradeRun CreateRun(StepRecorder steps, RollbackLog log, IReporter reporter, DowngradeNote? first = null) =>
        new(_request, _engine, _access, _path, first
            ?? FirstNote(), steps, new LoggedDowngrade(log), reporter) { Container = _container, OwnImage = _ownImage, Scripts = _scripts, Output = _output };

    /// <summary>What it drops for good.</summary>
    internal IReadOnlyList<SchemaLoss> Losses => _losses;

    private async Task<Exception> FailAsync(StepRecorder steps, DowngradeRun run, Stopwatch outage, Exception error)
    {
        var failures = await steps.UndoAsync().ConfigureAwait(false);
        outage.Stop();
        if (failures.Count == 0)
            await run.ConcludeAsync().ConfigureAwait(false);
        var (revisions, found) = failures.Count > 0 ? ([], "") : await DatabaseLook.CompareRevisionsAsync(_access.Database, _path.From).ConfigureAwait(false);
        var told = failures.Count > 0 ? Errors.DowngradeUndoFailed(Name, error, failures, run.BackupPath)
            : Errors.PutBack(error, Name, $"The downgrade of {Name}", found, _pause.AfterFailure(outage.Elapsed));
        if (told is not null && run.Left is { } left)
            told = Errors.WithLeft(told, $"{left}");
        return told is null ? error : Errors.WithResult(told, Result(steps, outage.Elapsed) with
        {
            Reverted = failures.Count == 0,
            Reason = Errors.Reason(error),
            BackupPath = run.BackupPath,
            Kept = run.Left?.Name,
            Revisions = revisions,
            Application = _pause.StateAfterFailure,
            Deployment = await Application.TryDescribeAsync().ConfigureAwait(false),
        });
    }

    // The newest backup of this deployment, or of nobody knows which, that is at the revision.
    private static async Task<Backup?> FindBackupAsync(SchemaDowngradeRequest request, DatabaseKind kind, CancellationToken cancellation)
    {
        if (!Directory.Exists(request.BackupFolder))
            return null;
        await foreach (var backup in BackupCatalog.FindAsync([request.BackupFolder], cancellation).ConfigureAwait(false))
        {
            if (backup is { Problem: null }
                && backup.Revision == request.To && backup.Kind == kind && (backup.DeploymentName is null || backup.DeploymentName == request.Deployment.Name))
                return backup;
        }
        return null;
    }

    private SchemaDowngradeResult Result(StepRecorder steps, TimeSpan outage) => new()
    {
        Name = Name,
        Succeeded = false,
        Reverted = false,
        To = _request.To,
        Image = Image,
        Kind = _access.Database.Kind,
        Database = _access.Database.Name,
        RevisionsBefore = _path.From,
        Revisions = [],
        Migrations = _path.Migrations,
        Losses = _losses,
        Application = ApplicationState.KeptRunning,
        Outage = outage,
        Output = _output,
        Steps = steps.Steps,
        Duration = steps.Elapsed,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _access.Dispose();
        _engine.Dispose();
    }
}
