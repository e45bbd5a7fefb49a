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

    /// <summary>Let the database from before take the place of one that was written to since the rollback was interrupted. What was written is kept, and
    /// named.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Whether an older state may replace what has been written meanwhile.</summary>
    private protected Task<bool> InsistAsync(RollbackRunner runner, string finding)
    {
        if (!Force)
            return runner.InsistAsync(finding);
        runner.Reporter.Warning(finding);
        return Task.FromResult(true);
    }

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
