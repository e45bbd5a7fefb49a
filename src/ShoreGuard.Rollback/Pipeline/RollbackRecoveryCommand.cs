using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Operations.Execution;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that goes on with a rollback of the journal.</summary>
public abstract class RollbackRecoveryCommand : OperationCommand
{
    /// <summary>Registry credential to use instead of the one stored by docker login.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Let the database from before take the place of one that was written to since: what was written is kept, and named. Also
    /// take the operation over from a process on another machine, of which nobody here can tell whether it still runs: make sure that it does not.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Runs it for one rollback. Pipeline thread only.</summary>
    /// <param name="id">The rollback's id, or its first digits.</param>
    private protected void Recover(string id)
    {
        var credential = RegistryParameters.Credential(Credential);
        Run(async () =>
        {
            var recovery = await RollbackRecovery.FindAsync(State, id, DockerHost, credential, Force, Cancellation).ConfigureAwait(false);
            await RecoverAsync(recovery, new(Output, State, recovery.Record.Name, Cancellation)).ConfigureAwait(false);
        });
    }

    private protected abstract Task RecoverAsync(RollbackRecovery recovery, RollbackRunner runner);
}
