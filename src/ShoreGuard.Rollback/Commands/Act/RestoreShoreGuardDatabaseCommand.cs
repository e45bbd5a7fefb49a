using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Operations.Restoring;
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
/// migrate it forward once more at its start, so it stays stopped, and the result's Recommendation says what to run next. One that is
/// started is asked until it is ready, and the result says whether it was; nothing is undone because of that. Without a deployment
/// nobody may have the database open.</para>
/// <para>-Undo puts back what a restore kept, which its RestoreResult names: the two databases change places again, without a copy
/// (after a restore in place, the backup that was made first is restored). What was kept is proven first. What has been written
/// since the restore is listed with its rows, and kept in its turn: the result of an undo can be undone as well. An application that
/// the restore left stopped is started again where its image fits.</para>
/// <para>-Force does what is refused otherwise: it replaces a database that is another application's (tables, and no
/// alembic_version), restores a SQLite backup with rows that refer to nothing, puts back a kept database that is damaged or another
/// application's, ends the sessions of others in a PostgreSQL database, which the description lists, and lets what an interrupted restore had
/// replaced take the place of a database that was written to since: what was written is kept, and named. It breaks no lock of SQLite:
/// there is no way to make another program let go of a file, so stop that program.</para>
/// <para>A database that cannot be reached from here is reached through the deployment's engine, with the same promises: a SQLite file
/// in a volume is replaced by a one-off container that has the volume; Kept is then NAME:PATH, as docker cp takes it. A file in the
/// container's own layer is replaced while the container is stopped; it is lost when the container is, which a warning says, and
/// an empty file NAME.restoring stays beside it. Two layouts are not supported: a database file bind-mounted without its directory,
/// and one on tmpfs, which is lost when the container stops. Give the container a volume first.</para>
/// <para>A restore of a deployment whose process was killed is noticed by the next call, which asks first: one whose exchange was done is
/// finished, else what it had half done is put back; not unasked where rows were written to the database since: the cmdlet asks once more, with
/// their number by table, and refuses where nobody can be asked. Resume-ShoreGuardRollback and Undo-ShoreGuardRollback do either by its id.</para>
/// <para>Asks before it changes anything; -Confirm:$false answers yes. -WhatIf reads and proves everything, and changes nothing.</para>
/// <para>In an unattended script, add -Confirm:$false and -ErrorAction Stop, and end with exit 1 where it fails, as the example of
/// Invoke-ShoreGuardRollback does; the result of a restore that was put back is then the error's TargetObject.</para>
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
/// <example>
/// <para>Undo a restore</para>
/// <code>$result = Get-ShoreGuardDeployment | Restore-ShoreGuardDatabase -BackupPath ./backups/shoreguard-20261122T031214Z.sqlite; $result | Restore-ShoreGuardDatabase -Undo</code>
/// <para>Puts the database back that the restore kept. The restored one is kept then, and the new result undoes the undo.</para>
/// </example>
[Cmdlet(VerbsData.Restore, "ShoreGuardDatabase", DefaultParameterSetName = "Url", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RestoreResult))]
public sealed class RestoreShoreGuardDatabaseCommand : JournalCommand
{
    /// <summary>The backup: a file that Backup-ShoreGuardDatabase or ShoreGuard's own scripts/backup.py wrote.</summary>
    [Parameter(ParameterSetName = "Url", Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string BackupPath { get; set; } = "";

    /// <summary>The database as a SQLAlchemy URL, as in SHOREGUARD_DATABASE_URL: sqlite:///relative.db, sqlite:////absolute.db or
    /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Default: the variable SHOREGUARD_DATABASE_URL. With -Undo it is needed for PostgreSQL without a
    /// deployment alone, since a result holds no password, and must name the same database.</summary>
    [Parameter(ParameterSetName = "Url", ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Undo")]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>The deployment whose database is restored, from Get-ShoreGuardDeployment. It is stopped for the exchange.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>How the database is reached. Auto: directly where that works, else through the deployment's engine, which -Verbose explains. Direct:
    /// the file on this machine, or a connection to the server. Container: inside a one-off container beside the application, or in the server's own
    /// container.</summary>
    [Parameter]
    public DatabaseTransport Transport { get; set; }

    /// <summary>What a restore did, from Restore-ShoreGuardDatabase, to be undone. Its deployment is stopped for the exchange.</summary>
    [Parameter(ParameterSetName = "Undo", Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Record(typeof(RestoreResult))]
    public RestoreResult? Result { get; set; }

    /// <summary>Put back what the restore kept.</summary>
    [Parameter(ParameterSetName = "Undo", Mandatory = true)]
    public SwitchParameter Undo { get; set; }

    /// <summary>Do what is refused otherwise: replace a database that is another application's, restore a SQLite backup with rows that refer to
    /// nothing, put back a kept database that is damaged or another application's, end the sessions of others in a PostgreSQL database, let what an
    /// interrupted restore had replaced take the place of a database that was written to since. No lock of SQLite is broken.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>PostgreSQL: how many connections restore at the same time. Default: one for each processor, at most four. No effect where the tools
    /// in the database's own container are used.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int? Jobs { get; set; }

    /// <summary>The folder for the backup of the present PostgreSQL database that is made where the role may not create databases, and the restore is
    /// made in place. Taken literally; made if it is missing. Default: the folder of -BackupPath.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>How many seconds an application that is started again may take to become ready before the result says that it is not. Nothing is
    /// undone because of it.</summary>
    [Parameter]
    [ValidateRange(0.1, 3600.0)]
    public double GateTimeoutSec { get; set; } = 60;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // -Undo:$false is the operator's no.
        if (ParameterSetName == "Undo" && !Undo)
            return;
        Func<IReporter, Task<DatabaseRestore>> plan;
        try
        {
            plan = Undo ? PlanUndo() : PlanRestore();
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        Run(() => RestoreAsync(plan));
    }

    private Func<IReporter, Task<DatabaseRestore>> PlanRestore()
    {
        var (path, folder) = (ResolvePath(BackupPath), Folder());
        var request = new DatabaseRequest { Url = DatabaseUrl, Deployment = Deployment, Transport = Transport, BaseFolder = ResolvePath(".") };
        return reporter => DatabaseRestore.PlanAsync(request, State, path, Jobs, folder, Force, reporter, Cancellation);
    }

    private Func<IReporter, Task<DatabaseRestore>> PlanUndo()
    {
        var request = new DatabaseUndoRequest { Result = Result!, Url = DatabaseUrl, Transport = Transport, BaseFolder = ResolvePath("."), Jobs = Jobs,
            SafetyFolder = Folder(), Force = Force };
        return reporter => DatabaseUndo.PlanAsync(request, State, reporter, Cancellation);
    }

    private bool IsUnasked => MyInvocation.BoundParameters.TryGetValue("Confirm", out var confirm) && confirm is SwitchParameter { IsPresent: false };

    private string? Folder() => Path is null ? null : ResolvePath(Path);

    private async Task RestoreAsync(Func<IReporter, Task<DatabaseRestore>> plan)
    {
        var deployment = Deployment ?? Result?.Deployment;
        var reporter = new PipelineReporter(Output, deployment?.Name);
        if (deployment is not null)
        {
            if (!await MendFirstAsync(deployment, OperationKind.Restore, description => AskAsync(deployment.Name, description), Force).ConfigureAwait(false))
                return;
            await UnfinishedWork.RequireNoneAsync(State, deployment, Cancellation).ConfigureAwait(false);
        }
        using var restore = await plan(reporter).ConfigureAwait(false);
        restore.Patience = TimeSpan.FromSeconds(GateTimeoutSec);
        // Who is asked is told what is proven already; who is not need not wait for it before the copying begins.
        if (!IsUnasked)
            await restore.ProveAsync().ConfigureAwait(false);
        if (!await AskAsync(restore.Database, restore.Description).ConfigureAwait(false))
        {
            await restore.ProveAsync().ConfigureAwait(false);
            return;
        }
        try
        {
            Output.Object(await restore.RunAsync(reporter, Cancellation).ConfigureAwait(false));
        }
        catch (ShoreGuardException error) when (error.Result is { } result)
        {
            // A restore that was undone is a result too: how far it got, and what was put back.
            Output.Object(result);
            throw;
        }
    }

    private Task<bool> AskAsync(string database, string description) =>
        Output.ShouldProcessAsync(database, $"{description}.", $"{description}. Continue?", $"{(Undo ? "Undo the restore of" : "Restore")} {database}");
}
