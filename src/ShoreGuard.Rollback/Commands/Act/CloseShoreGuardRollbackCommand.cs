using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Ends an interrupted rollback, or another change of a deployment, as it is, in the records alone.</summary>
/// <remarks>
/// <para>For when neither Resume-ShoreGuardRollback nor Undo-ShoreGuardRollback is wanted: somebody has brought the deployment into order by hand, or
/// its old container is gone. No container, file or database is touched. What is left of the rollback is named in warnings, each with the command
/// that removes it, and in the Reason of the rollback. Afterwards the other cmdlets change the deployment again.</para>
/// <para>Asks before it does so; -Confirm:$false answers yes. -WhatIf changes nothing.</para>
/// </remarks>
/// <example>
/// <para>Keep what serves now</para>
/// <code>Get-ShoreGuardRollback -Unfinished | Close-ShoreGuardRollback</code>
/// <para>Asks for every interrupted rollback, and says what is left of it.</para>
/// </example>
[Cmdlet(VerbsCommon.Close, "ShoreGuardRollback", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RollbackRecord))]
public sealed class CloseShoreGuardRollbackCommand : OperationCommand
{
    /// <summary>The id of the rollback, or its first four digits or more. Takes the objects of Get-ShoreGuardRollback.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [RollbackIdForm]
    [ArgumentCompleter(typeof(ResumableRollbackCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Take the operation from a process on another machine, of which nobody here can tell whether it still runs: make sure that it does
    /// not.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Run(async () =>
    {
        var recovery = await RollbackRecovery.FindAsync(State, Id, DockerHost, credential: null, Force, Cancellation).ConfigureAwait(false);
        recovery.RequireUnfinished();
        var runner = new RollbackRunner(Output, State, recovery.Record.Name, Cancellation);
        if (!await runner.AskAsync(recovery.CloseDescription).ConfigureAwait(false))
            return;
        runner.Warn(await recovery.CloseAsync(Cancellation).ConfigureAwait(false));
        runner.Write(recovery.Record);
    });
}
