using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Pipeline;
using ShoreGuard.Rollback.Views;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Backs a ShoreGuard database up, and proves the backup.</summary>
/// <remarks>
/// <para>SQLite is backed up by its own online backup: every committed row is in it, and the application keeps running.
/// PostgreSQL is backed up by pg_dump of the server's own version, in the custom format. The file is made under a temporary
/// name, readable by its owner alone, read back to its last byte, and only then given its name: shoreguard-TIME.sqlite
/// or shoreguard-TIME.pgdump, TIME in UTC. Nothing is ever overwritten.</para>
/// <para>Beside it a sidecar is written, the same name with .json behind it: revision, release and identity of the running build,
/// size, SHA-256, rows of every table, and time. Get-ShoreGuardBackup lists backups, Test-ShoreGuardBackup proves them again.</para>
/// <para>A database that cannot be reached from here is reached through the deployment's engine: a SQLite file is copied by the same
/// online backup inside a one-off container, never into the volume, and proven here; a dump is made in the server's own container.
/// A file in the container's own layer, or mounted without its folder, is copied inside the container, or out of it while it is
/// stopped; one in memory (tmpfs) while it runs.</para>
/// <para>A database that is missing, empty, damaged or another application's is an error, and leaves no file.</para>
/// <para>The database is that of the deployment from the pipeline, that of -DatabaseUrl, or that of the variable
/// SHOREGUARD_DATABASE_URL, in this order. Passwords are never shown and never part of a command line.</para>
/// <para>In an unattended script, add -Confirm:$false and -ErrorAction Stop, and end with exit 1 where it fails, as the example of
/// Invoke-ShoreGuardRollback does.</para>
/// </remarks>
/// <example>
/// <para>Back up what runs here</para>
/// <code>Get-ShoreGuardDeployment | Backup-ShoreGuardDatabase -Path ./backups</code>
/// <para>One backup for each deployment, in the folder backups, which is made if it is missing.</para>
/// </example>
/// <example>
/// <para>Back up a file</para>
/// <code>Backup-ShoreGuardDatabase -DatabaseUrl sqlite:////var/lib/shoreguard/shoreguard.db</code>
/// <para>The backup is made in the default folder, which its path shows. Four slashes make the path absolute.</para>
/// </example>
/// <example>
/// <para>Every night, and keep two weeks</para>
/// <code>Get-ShoreGuardDeployment | Backup-ShoreGuardDatabase -Path ./backups -Keep 3 -KeepFor 14.00:00:00</code>
/// <para>Backups that are older than 14 days are deleted once the new one is proven, but the newest three always stay.</para>
/// </example>
[Cmdlet(VerbsData.Backup, "ShoreGuardDatabase", DefaultParameterSetName = "Url", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Backup))]
public sealed class BackupShoreGuardDatabaseCommand : JournalCommand
{
    /// <summary>The database as a SQLAlchemy URL, as in SHOREGUARD_DATABASE_URL: sqlite:///relative.db, sqlite:////absolute.db or
    /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Default: the variable SHOREGUARD_DATABASE_URL.</summary>
    [Parameter(ParameterSetName = "Url", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>The deployment whose database is backed up, from Get-ShoreGuardDeployment. It keeps running.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>How the database is reached. Auto: directly where that works, else through the deployment's engine, which -Verbose explains. Direct:
    /// the file on this machine, or a connection to the server. Container: inside a one-off container beside the application, or in the server's own
    /// container.</summary>
    [Parameter]
    public DatabaseTransport Transport { get; set; }

    /// <summary>The folder in which the backup is made. Taken literally; made, readable by you alone, if it is missing. Default: the
    /// folder backups below the state folder, ~/.local/state/shoreguard-rollback/backups, where Get-ShoreGuardBackup looks too.</summary>
    [Parameter(Position = 0)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>How many backups of this database are kept in the folder, this one included. Older ones are deleted once this one is proven. Only
    /// backups whose sidecar names the same database and deployment count and are deleted; the newest proven one never is.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? Keep { get; set; }

    /// <summary>How long backups of this database are kept in the folder, as a time span such as 30.00:00:00 (30 days). Older ones are deleted as
    /// with -Keep; with both, what either of them keeps stays.</summary>
    [Parameter]
    [PositiveTimeSpan]
    public TimeSpan? KeepFor { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string folder;
        DatabaseRequest request;
        try
        {
            folder = BackupFolderOr(Path);
            request = new DatabaseRequest { Url = DatabaseUrl, Deployment = Deployment, Transport = Transport, BaseFolder = ResolvePath(".") };
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        Run(() => BackUpAsync(request, folder));
    }

    private async Task BackUpAsync(DatabaseRequest request, string folder)
    {
        var reporter = new PipelineReporter(Output, request.Deployment?.Name);
        using var backup = await DatabaseBackup.PlanAsync(request, State, Cancellation, reporter).ConfigureAwait(false);
        await backup.CheckAsync(folder, Cancellation).ConfigureAwait(false);
        var retention = new BackupRetention(Keep, KeepFor);
        var description = backup.Describe(folder, retention);
        if (await Output.ShouldProcessAsync(backup.Database, $"{description}.", $"{description}?", "Back up a ShoreGuard database").ConfigureAwait(false))
            Output.Object(Made(await backup.RunAsync(folder, retention, reporter, Cancellation).ConfigureAwait(false)));
    }

    // The one that was just made is seen as a report, others as a table; the views tell them apart by this name.
    private static PSObject Made(Backup backup)
    {
        var made = new PSObject(backup);
        made.TypeNames.Insert(0, BackupRowView.Made);
        return made;
    }
}
