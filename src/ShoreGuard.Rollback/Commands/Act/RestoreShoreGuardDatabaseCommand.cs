using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Restores a ShoreGuard database from a backup, and keeps the database that was there.</summary>
/// <remarks>
/// <para>The backup is proven before anything is touched: readable to its last byte, whole, of the right kind, and at a known
/// revision. It is restored beside the present database and proven again; then the two change names in one step. The old
/// database is kept, and the result says under which name. Any failure puts everything back as it was.</para>
/// <para>Where a PostgreSQL role may not create databases, the restore is made in place: the present database is backed up into
/// -Path first, then one transaction drops what is there, loads the backup and proves it. It is committed only when all of that
/// holds, so a failure anywhere leaves the old database whole. The description that -WhatIf shows says which way it is.</para>
/// <para>With a deployment from the pipeline the application is stopped for the exchange of names alone, or for the whole of a
/// restore in place. It is started again only if its image leaves the restored schema as it is: an image that is ahead would
/// migrate it forward once more at its start, so it stays stopped, and the result's Recommendation says what to run next. Without
/// a deployment nobody may have the database open.</para>
/// <para>Asks before it changes anything; -Confirm:$false answers yes. -WhatIf reads and proves everything, and changes nothing.</para>
/// </remarks>
/// <example>
/// <para>Restore the database of what runs here</para>
/// <code>Get-ShoreGuardDeployment | Restore-ShoreGuardDatabase -BackupPath ./backups/shoreguard-20261122T031214Z.sqlite</code>
/// <para>Stops the application for the exchange, and starts it again if its image fits the restored schema.</para>
/// </example>
/// <example>
/// <para>Back up, and restore elsewhere</para>
/// <code>Backup-ShoreGuardDatabase -DatabaseUrl sqlite:///shoreguard.db | Restore-ShoreGuardDatabase -DatabaseUrl sqlite:///copy.db</code>
/// <para>A Backup brings its path along. A database that does not exist yet is made.</para>
/// </example>
[Cmdlet(VerbsData.Restore, "ShoreGuardDatabase", DefaultParameterSetName = "Url", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RestoreResult))]
public sealed class RestoreShoreGuardDatabaseCommand : ShoreGuardCommand
{
    /// <summary>The backup: a file that Backup-ShoreGuardDatabase or ShoreGuard's own scripts/backup.py wrote.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string BackupPath { get; set; } = "";

    /// <summary>The database as a SQLAlchemy URL, as in SHOREGUARD_DATABASE_URL: sqlite:///relative.db, sqlite:////absolute.db or postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Default: the variable SHOREGUARD_DATABASE_URL.</summary>
    [Parameter(ParameterSetName = "Url", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>The deployment whose database is restored, from Get-ShoreGuardDeployment. It is stopped for the exchange.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public Deployment? Deployment { get; set; }

    /// <summary>PostgreSQL: how many connections restore at the same time. Default: one for each processor, at most four. No effect where the tools in the database's own container are used.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int? Jobs { get; set; }

    /// <summary>The folder for the backup of the present PostgreSQL database that is made where the role may not create databases, and the restore is made in place. Taken literally; made if it is missing. Default: the folder of -BackupPath.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string path;
        string? folder;
        DatabaseRequest request;
        try
        {
            path = ResolvePath(BackupPath);
            folder = Path is null ? null : ResolvePath(Path);
            request = new DatabaseRequest { Url = DatabaseUrl, Deployment = Deployment, BaseFolder = ResolvePath(".") };
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        Run(() => RestoreAsync(request, path, folder));
    }

    private async Task RestoreAsync(DatabaseRequest request, string path, string? folder)
    {
        var reporter = new PipelineReporter(Output);
        using var restore = await DatabaseRestore.PlanAsync(request, path, Jobs, folder, reporter, Cancellation).ConfigureAwait(false);
        if (!await Output.ShouldProcessAsync($"{restore.Description}.", $"{restore.Description}. Continue?", $"Restore {restore.Database}").ConfigureAwait(false))
            return;
        try
        {
            Output.Object(await restore.ExecuteAsync(reporter, Cancellation).ConfigureAwait(false));
        }
        catch (ShoreGuardException error) when (error.Result is { } result)
        {
            // A restore that was undone is a result too: how far it got, and what was put back.
            Output.Object(result);
            throw;
        }
    }
}
