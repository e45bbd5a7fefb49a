using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that goes on with a rollback of the journal.</summary>
public abstract class RollbackRecoveryCommand : JournalCommand
{
    /// <summary>Registry credential to use instead of the one stored by docker login.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Runs it for one rollback. Pipeline thread only.</summary>
    /// <param name="id">The rollback's id, or its first digits.</param>
    private protected void Recover(string id)
    {
        var credential = RegistryParameters.Credential(Credential);
        Run(() =>
        {
            var recovery = RollbackRecovery.Find(id, credential);
            return RecoverAsync(recovery, new(Output, recovery.Record.Name, Cancellation));
        });
    }

    private protected abstract Task RecoverAsync(RollbackRecovery recovery, RollbackRunner runner);
}
