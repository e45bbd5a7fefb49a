using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Completes a rollback, or another change of a deployment, whose process was killed.</summary>
/// <remarks>
/// <para>Reads on the engine, or in the journal, how far it got, and looks at what is there. If the new build had passed its gate, what only the way
/// back needed is removed. Otherwise the state before is put back, and the same rollback runs once more, with the same image and the
/// same backup. It can be killed and run again.</para>
/// <para>Image rollbacks, schema downgrades and restores that were killed are completed in the same way. What another user has begun, or somebody with
/// another state folder or on another machine, is completed too: Get-ShoreGuardRollback -Unfinished lists it. If the process that began it ran on another
/// machine, nobody here can tell whether it still does: make sure that it does not, and add -Force.</para>
/// <para>If the new build serves already and its database was written to, putting the state before back would take those rows out of
/// service: that build is gated where it is, and stays if it passes.</para>
/// <para>Until an interrupted rollback is resumed or undone, no other cmdlet of this module changes its deployment. To return to the
/// state before instead, use Undo-ShoreGuardRollback.</para>
/// <para>If the database was written to since the interruption, by the new build or by one that somebody started, the database from before is not
/// put in its place unasked: the cmdlet asks once more, with the number of rows by table, and refuses where nobody can be asked. -Force answers
/// yes. What was written is kept, and the result's Kept names where. Close-ShoreGuardRollback leaves everything as it is instead.</para>
/// <para>Asks before it changes anything; -Confirm:$false answers yes. -WhatIf changes nothing.</para>
/// </remarks>
/// <example>
/// <para>After a crash</para>
/// <code>Get-ShoreGuardRollback -Unfinished | Resume-ShoreGuardRollback -Confirm:$false</code>
/// <para>Completes every interrupted rollback.</para>
/// </example>
/// <example>
/// <para>What would it do?</para>
/// <code>Resume-ShoreGuardRollback 7c1e -WhatIf</code>
/// <para>Says whether the rollback would be finished or run once more.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Resume, "ShoreGuardRollback", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RollbackResult), typeof(RollbackRecord))]
public sealed class ResumeShoreGuardRollbackCommand : RollbackRecoveryCommand
{
    /// <summary>The id of the rollback, or its first four digits or more. Takes the objects of Get-ShoreGuardRollback.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [RollbackIdForm]
    [ArgumentCompleter(typeof(ResumableRollbackCompleter))]
    public string Id { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() => Recover(Id);

    private protected override async Task RecoverAsync(RollbackRecovery recovery, RollbackRunner runner)
    {
        recovery.RequireUnfinished();
        if (!await runner.AskAsync(recovery.ResumeDescription).ConfigureAwait(false))
            return;
        if (await recovery.MendAsync(finding => InsistAsync(finding, recovery.Record.Name, Force), runner.Reporter, runner.Cancellation).ConfigureAwait(false))
        {
            runner.Write(recovery.Record);
            return;
        }
        await using var execution = await recovery.AgainAsync(runner.Reporter, runner.Cancellation).ConfigureAwait(false);
        await runner.RunAsync(execution).ConfigureAwait(false);
    }
}
