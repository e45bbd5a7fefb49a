using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that reads or writes the journal.</summary>
public abstract class JournalCommand : ShoreGuardCommand
{
    /// <summary>The folder of the journal: what was done, known good and blocked builds, outages. That one at a time changes a deployment, and what
    /// is unfinished of it, everybody finds on its engine. Default: $XDG_STATE_HOME/shoreguard-rollback or ~/.local/state/shoreguard-rollback, on
    /// Windows %LocalAppData%.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    private StateStore? _state;

    /// <inheritdoc/>
    private protected override void Run(Func<Task> work)
    {
        try
        {
            _state = OpenState();
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        base.Run(work);
    }

    /// <summary>The store of the work that runs.</summary>
    private protected StateStore State => _state ?? throw new InvalidOperationException("Nothing runs yet.");

    /// <summary>The store that the parameters name, for a request that is made before its work runs. Pipeline thread only.</summary>
    /// <exception cref="ShoreGuardException"><c>NotAFilePath</c>.</exception>
    private protected StateStore OpenState() => new(
        StatePath is null ? null : ResolvePath(StatePath),
        GivenBlocklist is { Length: > 0 } given ? ResolvePath(given) : null);

    /// <summary>The shared list of blocked images that the operator has named; null for that of the environment, if there is one.</summary>
    private protected virtual string? GivenBlocklist => null;

    /// <summary>The folder for backups that the operator has named, absolute, or the default one: backups, below the state folder.
    /// Pipeline thread only.</summary>
    private protected string BackupFolderOr(string? given) =>
        given is not null ? ResolvePath(given) : OpenState().BackupFolder;

    /// <summary>Whether an older state may replace what has been written meanwhile.</summary>
    private protected async Task<bool> InsistAsync(string finding, string deployment, bool force)
    {
        if (!force)
            return await Output.InsistAsync($"{finding} Continue?", $"Rows were written to the database of {deployment}").ConfigureAwait(false);
        new PipelineReporter(Output, deployment).Warning(finding);
        return true;
    }

    /// <summary>Puts in order what is unfinished of a deployment and of the cmdlet's own kind, before it goes on.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="kind">The kind of operation; one of another kind is refused.</param>
    /// <param name="ask">Asks the operator, with what will be done as a sentence without its full stop.</param>
    /// <param name="force">Let an older state replace what has been written meanwhile.</param>
    /// <returns>Whether to go on.</returns>
    private protected async Task<bool> MendFirstAsync(Deployment deployment, OperationKind kind, Func<string, Task<bool>> ask, bool force)
    {
        if (await RollbackRecovery.FindAsync(State, deployment, kind, Cancellation).ConfigureAwait(false) is not { } recovery)
            return true;
        if (!await ask(recovery.MendDescription).ConfigureAwait(false))
            return false;
        var reporter = new PipelineReporter(Output, deployment.Name);
        await recovery.MendAsync(finding => InsistAsync(finding, deployment.Name, force), reporter, Cancellation).ConfigureAwait(false);
        return true;
    }
}
