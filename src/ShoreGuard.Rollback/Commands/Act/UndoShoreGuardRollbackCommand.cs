using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Undoes a rollback, or another change of a deployment: back to the image before, with the database that was before.</summary>
/// <remarks>
/// <para>Takes what Get-ShoreGuardRollback lists, of any kind and whoever has begun it: rollbacks, image rollbacks, schema downgrades and restores.</para>
/// <para>An interrupted rollback is put back from wherever it was killed: container, database and pin. A rollback that has succeeded is
/// undone by another one, as long as nobody has changed the deployment since: to the image before, with the database that was kept.
/// What was written since is kept in its turn, so an undo can be undone as well.</para>
/// <para>The build that an undo returns to was blocked by the rollback. It may return there; the build stays blocked for everything else, and a
/// warning names the command that unblocks it.</para>
/// <para>If the database was written to since the interruption, or since the rollback ended, the database from before is not
/// put in its place unasked: the cmdlet asks once more, with the number of rows by table, and refuses where nobody can be asked. -Force answers
/// yes. What was written is kept, and the result's Kept names where. Close-ShoreGuardRollback leaves everything as it is instead.</para>
/// <para>Asks before it changes anything; -Confirm:$false answers yes. -WhatIf changes nothing. If the undo fails, the state before the
/// undo is put back.</para>
/// </remarks>
/// <example>
/// <para>Undo a rollback</para>
/// <code>Undo-ShoreGuardRollback 7c1e</code>
/// <para>Get-ShoreGuardRollback lists the ids.</para>
/// </example>
/// <example>
/// <para>Undo what was just done</para>
/// <code>$result | Undo-ShoreGuardRollback</code>
/// <para>Takes the result of Invoke-ShoreGuardRollback.</para>
/// </example>
/// <example>
/// <para>Undo every interrupted rollback</para>
/// <code>Get-ShoreGuardRollback -Unfinished | Undo-ShoreGuardRollback -Confirm:$false</code>
/// <para>Resume-ShoreGuardRollback completes them instead.</para>
/// </example>
[Cmdlet(VerbsCommon.Undo, "ShoreGuardRollback", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RollbackResult), typeof(RollbackRecord))]
public sealed class UndoShoreGuardRollbackCommand : RollbackRecoveryCommand
{
    /// <summary>The id of the rollback, or its first four digits or more. Takes the objects of Get-ShoreGuardRollback and the results of
    /// Invoke-ShoreGuardRollback.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [RollbackIdForm]
    [ArgumentCompleter(typeof(UndoableRollbackCompleter))]
    public string Id { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() => Recover(Id);

    private protected override async Task RecoverAsync(RollbackRecovery recovery, RollbackRunner runner)
    {
        Task<bool> Insist(string finding) => InsistAsync(finding, recovery.Record.Name, Force);

        if (recovery.Record.State is RollbackState.Unfinished or RollbackState.UnderWay)
        {
            if (!await runner.AskAsync(recovery.UndoDescription).ConfigureAwait(false))
                return;
            if (await recovery.UndoAsync(Insist, runner.Reporter, runner.Cancellation).ConfigureAwait(false))
            {
                runner.Write(recovery.Record);
                return;
            }
        }
        await using var execution = await recovery.ReverseAsync(Insist, runner.Reporter, runner.Cancellation).ConfigureAwait(false);
        await runner.AskAndRunAsync(execution).ConfigureAwait(false);
    }
}
