using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Backs a ShoreGuard database up, and proves the backup.</summary>
/// <remarks>
/// <para>SQLite is backed up by its own online backup: every committed row is in it, and the application keeps running.
/// PostgreSQL is backed up by pg_dump of the server's own version, in the custom format. The file is made under a temporary
/// name, readable by its owner alone, read back to its last byte, and only then given its name: shoreguard-TIME.sqlite
/// or shoreguard-TIME.pgdump, TIME in UTC. Nothing is ever overwritten.</para>
/// <para>A database that is missing, empty, damaged or another application's is an error, and leaves no file.</para>
/// <para>The database is that of the deployment from the pipeline, that of -DatabaseUrl, or that of the variable
/// SHOREGUARD_DATABASE_URL, in this order. Passwords are never shown and never part of a command line.</para>
/// </remarks>
/// <example>
/// <para>Back up what runs here</para>
/// <code>Get-ShoreGuardDeployment | Backup-ShoreGuardDatabase -Path ./backups</code>
/// <para>One backup for each deployment, in the folder backups, which is made if it is missing.</para>
/// </example>
/// <example>
/// <para>Back up a file</para>
/// <code>Backup-ShoreGuardDatabase -DatabaseUrl sqlite:////var/lib/shoreguard/shoreguard.db</code>
/// <para>The backup is made in the present folder. Four slashes make the path absolute.</para>
/// </example>
[Cmdlet(VerbsData.Backup, "ShoreGuardDatabase", DefaultParameterSetName = "Url", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Backup))]
public sealed class BackupShoreGuardDatabaseCommand : ShoreGuardCommand
{
    /// <summary>The database as a SQLAlchemy URL, as in SHOREGUARD_DATABASE_URL: sqlite:///relative.db, sqlite:////absolute.db or postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Default: the variable SHOREGUARD_DATABASE_URL.</summary>
    [Parameter(ParameterSetName = "Url", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>The deployment whose database is backed up, from Get-ShoreGuardDeployment. It keeps running.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public Deployment? Deployment { get; set; }

    /// <summary>The folder in which the backup is made. Taken literally; made if it is missing. Default: the present folder.</summary>
    [Parameter(Position = 0)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string folder;
        DatabaseRequest request;
        try
        {
            folder = ResolvePath(Path);
            request = new DatabaseRequest { Url = DatabaseUrl, Deployment = Deployment, BaseFolder = ResolvePath(".") };
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
        using var backup = await DatabaseBackup.PlanAsync(request, Cancellation).ConfigureAwait(false);
        if (await Output.ShouldProcessAsync($"Back up {backup.Database} into {folder}.", $"Back up {backup.Database} into {folder}?", "Back up a ShoreGuard database").ConfigureAwait(false))
            Output.Object(await backup.RunAsync(folder, new PipelineReporter(Output), Cancellation).ConfigureAwait(false));
    }
}
