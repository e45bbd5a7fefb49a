using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Takes a deployment's database down to an earlier revision, with the scripts of the newer image.</summary>
/// <remarks>
/// <para>An older image refuses to start on a newer schema, and lacks the scripts to take it back; the newer one has them. The whole
/// chain is read first, and refused before its first step if any script in it refuses, is empty, or cannot be read; the error names
/// it, and the newest backup at the wanted revision in -BackupFolder, where there is one. Get-ShoreGuardSchema shows the chain.</para>
/// <para>Then the application is stopped, the database is backed up and the backup is proven, and Alembic's own downgrade runs in a
/// one-off container of the newer image with the application's environment, networks and volumes. Afterwards the revision is checked,
/// and that every table which no script names has as many rows as before. What Alembic writes is shown with -Verbose, and kept in the
/// result's Output. Any failure puts the backup back, removes what the downgrade had left of the
/// database, and starts the application again. Tables and columns that are dropped are lost
/// for good: the question lists them with their rows, and so does the result; the backup has them.</para>
/// <para>The application stays stopped, because its image would upgrade the database again at its start: the result's Recommendation
/// says what to run next. A database that is at the revision already is left alone.</para>
/// <para>A downgrade whose process was killed is noticed by the next call, which asks first: if Alembic has come to its end meanwhile it is
/// checked and kept, else the backup is put back; not unasked where rows were written to the database since: the cmdlet asks once more, with
/// their number by table, and refuses where nobody can be asked. -Force answers yes. Asks before it changes anything; -Confirm:$false answers yes. -WhatIf
/// reads everything,
/// and changes nothing.</para>
/// <para>In an unattended script, add -Confirm:$false and -ErrorAction Stop, and end with exit 1 where it fails, as the example of
/// Invoke-ShoreGuardRollback does; the result of a downgrade that was put back is then the error's TargetObject.</para>
/// </remarks>
/// <example>
/// <para>What would it cost?</para>
/// <code>Get-ShoreGuardDeployment | Invoke-ShoreGuardSchemaDowngrade -To 015 -WhatIf</code>
/// <para>The migrations that are taken back, and the tables and columns that are dropped with the rows in them.</para>
/// </example>
/// <example>
/// <para>Down to the head of an older release, and back to it</para>
/// <code>Get-ShoreGuardDeployment | Invoke-ShoreGuardSchemaDowngrade -To 015 -BackupFolder ./backups</code>
/// <para>The application is stopped then; Invoke-ShoreGuardImageRollback takes the stopped deployment to the older image.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "ShoreGuardSchemaDowngrade", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(SchemaDowngradeResult))]
public sealed class InvokeShoreGuardSchemaDowngradeCommand : JournalCommand
{
    /// <summary>The deployment, from Get-ShoreGuardDeployment. It may be stopped.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>The revision to go down to, in full. Never relative: run twice, that would go down twice.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RevisionCompleter))]
    public string To { get; set; } = "";

    /// <summary>The image that has the scripts, where the deployment runs an older one already. It has to be on the engine. Default: the image that
    /// the deployment runs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Image { get; set; }

    /// <summary>The folder in which the backup is made, and in which one that would serve is looked for. Taken literally; made, readable
    /// by you alone, if it is missing. Default: the folder backups below the state folder,
    /// ~/.local/state/shoreguard-rollback/backups.</summary>
    [Parameter]
    [Alias("Path", "LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string? BackupFolder { get; set; }

    /// <summary>Let the backup of an interrupted downgrade take the place of a database that was written to since. What was written is kept, and a warning
    /// names where.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        SchemaDowngradeRequest request;
        try
        {
            request = new SchemaDowngradeRequest
            {
                State = OpenState(),
                Deployment = Deployment!,
                To = To,
                Image = Image,
                BackupFolder = BackupFolderOr(BackupFolder),
            };
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        Run(() => DowngradeAsync(request));
    }

    private async Task DowngradeAsync(SchemaDowngradeRequest request)
    {
        var reporter = new PipelineReporter(Output, request.Deployment.Name);
        if (!await MendFirstAsync(request.Deployment, OperationKind.SchemaDowngrade, AskAsync, Force).ConfigureAwait(false))
            return;
        if (InterruptedDowngrade.Find(request) is { } interrupted)
        {
            if (!await AskAsync(interrupted.Description).ConfigureAwait(false))
                return;
            await interrupted.MendAsync(finding => InsistAsync(finding, request.Deployment.Name, Force), reporter, Cancellation).ConfigureAwait(false);
        }
        using var downgrade = await SchemaDowngrade.PlanAsync(request, reporter, Cancellation).ConfigureAwait(false);
        if (downgrade.IsDone)
        {
            Output.Object(await downgrade.DescribeDoneAsync(Cancellation).ConfigureAwait(false));
            return;
        }
        if (!await AskAsync(downgrade.Description).ConfigureAwait(false))
            return;
        try
        {
            Output.Object(await downgrade.ExecuteAsync(reporter, Cancellation).ConfigureAwait(false));
        }
        catch (ShoreGuardException error) when (error.Result is { } result)
        {
            // A downgrade that was undone is a result too: how far it got, and what was put back.
            Output.Object(result);
            throw;
        }
    }

    private Task<bool> AskAsync(string description) =>
        Output.ShouldProcessAsync(Deployment!, $"{description}.", $"{description}. Continue?", $"Downgrade the schema of {Deployment!.Name}");
}
