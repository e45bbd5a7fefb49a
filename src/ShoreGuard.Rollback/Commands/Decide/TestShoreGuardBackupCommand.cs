using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Proves backups of ShoreGuard databases, by a restore into a scratch database if wanted.</summary>
/// <remarks>
/// <para>Checks the SHA-256 of the sidecar, reads the file to its last byte, checks pages, references and revision, holds the rows
/// against the sidecar's, and the age against -Rpo, the recovery point objective. A dump is read by pg_restore.</para>
/// <para>With -Drill the backup is also restored: a SQLite file into a scratch file, on which the full integrity_check is made; a dump
/// into a scratch database on the server of -Deployment or -DatabaseUrl, which is dumped again and compared row by row. The
/// scratch is gone afterwards. Restore and check are reported separately, each with its time; what was not run is NotRun, and
/// never a success.</para>
/// <para>With -Cadence, one object for each database says how often it is backed up: the age of the newest proven backup, and the largest gap between
/// two proven ones, both held against -Rpo. A backup that cannot be relied on counts as if it were not there. A gap stays one for as long as the backups
/// on both its sides are kept.</para>
/// <para>A backup that is not good is a report, and not an error. Changes nothing.</para>
/// </remarks>
/// <example>
/// <para>Can they be relied on?</para>
/// <code>Test-ShoreGuardBackup ./backups</code>
/// <para>A report for every backup in the folder.</para>
/// </example>
/// <example>
/// <para>A drill of the newest one</para>
/// <code>Get-ShoreGuardBackup ./backups -Newest | Test-ShoreGuardBackup -Drill -Rpo 1.00:00:00</code>
/// <para>Restores it into a scratch file, checks everything, and says how long that takes and how old the data is.</para>
/// </example>
/// <example>
/// <para>In a scheduled task</para>
/// <code>if (-not (Get-ShoreGuardBackup ./backups -Newest | Test-ShoreGuardBackup -Rpo 1.00:00:00 -Quiet)) { exit 1 }</code>
/// <para>Fails when the newest backup is damaged or older than a day, and when there is none.</para>
/// </example>
/// <example>
/// <para>Is it backed up as often as it should be?</para>
/// <code>Test-ShoreGuardBackup ./backups -Cadence -Rpo 1.00:00:00</code>
/// <para>The age of the newest proven backup, and the largest gap between two, for each database of the folder.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "ShoreGuardBackup", DefaultParameterSetName = "Path")]
[OutputType(typeof(BackupReport), typeof(BackupCadence), typeof(bool))]
public sealed class TestShoreGuardBackupCommand : BackupPathCommand
{
    /// <summary>How old a backup may be, the recovery point objective, as a time span such as 1.00:00:00 (a day).</summary>
    [Parameter]
    [PositiveTimeSpan]
    public TimeSpan? Rpo { get; set; }

    /// <summary>Restore the backup into a scratch file or scratch database, check that, and drop it.</summary>
    [Parameter]
    public SwitchParameter Drill { get; set; }

    /// <summary>The folder for the scratch file of a drill. Taken literally. Default: the system's folder for temporary files.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ScratchPath { get; set; }

    /// <summary>For dumps: the PostgreSQL server on which the scratch database is made and whose version of the tools is used, as a SQLAlchemy URL:
    /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>For dumps: the deployment on whose PostgreSQL server the scratch database is made, from Get-ShoreGuardDeployment. It is not touched.</summary>
    [Parameter]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>For dumps: how that server is reached. Auto: directly where that works, else through the deployment's engine, which -Verbose
    /// explains. Direct: by a connection to the server. Container: in the server's own container.</summary>
    [Parameter]
    public DatabaseTransport Transport { get; set; }

    /// <summary>Write how often each database is backed up instead of a report on each backup: the largest gap between proven backups, and the age of the
    /// newest.</summary>
    [Parameter]
    public SwitchParameter Cadence { get; set; }

    /// <summary>Write only one answer for all backups together: $true where there is at least one, every one is usable and no error
    /// occurred, else $false. With -Cadence: $true where every database meets the RPO, or, without one, has a proven backup.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private readonly List<BackupReport> _reports = [];
    private QuietAnswer? _answer;

    /// <inheritdoc/>
    protected override void BeginProcessing() => _answer = Quiet ? new(this) : null;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var cadence in Cadence ? BackupGaps.Judge(_reports, Rpo, DateTimeOffset.UtcNow) : [])
        {
            if (_answer is { } answer)
                answer.Add(cadence.MeetsRpo ?? cadence.Proven > 0);
            else
                WriteObject(cadence);
        }
        _answer?.Write();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string scratch;
        DatabaseRequest? database;
        try
        {
            scratch = ScratchPath is null ? System.IO.Path.GetTempPath() : ResolvePath(ScratchPath);
            database = Deployment is null && DatabaseUrl is null
                ? null : new DatabaseRequest { Url = DatabaseUrl, Deployment = Deployment, Transport = Transport, BaseFolder = ResolvePath(".") };
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        var paths = ResolvePaths();
        Run(() => TestAsync(paths, scratch, database));
    }

    private async Task TestAsync(IReadOnlyList<string> paths, string scratch, DatabaseRequest? database)
    {
        await foreach (var backup in BackupCatalog.FindAsync(paths, Cancellation).ConfigureAwait(false))
        {
            var rpo = Cadence ? null : Rpo;
            var request = new BackupTestRequest { BackupPath = backup.BackupPath, Rpo = rpo, Drill = Drill, ScratchFolder = scratch, Database = database };
            var reporter = new PipelineReporter(Output, System.IO.Path.GetFileName(request.BackupPath));
            var report = await BackupTest.RunAsync(request, reporter, Cancellation).ConfigureAwait(false);
            if (Cadence)
                _reports.Add(report);
            else if (_answer is { } answer)
                answer.Add(report.Usable);
            else
                Output.Object(report);
        }
    }
}
