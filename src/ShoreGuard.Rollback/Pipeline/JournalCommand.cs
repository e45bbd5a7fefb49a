using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Rollbacks;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that reads or writes the journal.</summary>
public abstract class JournalCommand : ShoreGuardCommand
{
    /// <summary>The folder of the journal: what was done, known good and blocked builds, outages. That one at a time changes a deployment, and what is unfinished of it, everybody finds on its engine. Default: $XDG_STATE_HOME/shoreguard-rollback or ~/.local/state/shoreguard-rollback, on Windows %LocalAppData%.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <inheritdoc/>
    private protected override void Run(Func<Task> work)
    {
        string? folder;
        try
        {
            folder = StatePath is null ? null : ResolvePath(StatePath);
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        base.Run(folder is null ? work : () => InAsync(folder, work));
    }

    /// <summary>The folder for backups that the operator has named, absolute, or the default one: backups, below the state folder.
    /// Pipeline thread only.</summary>
    private protected string BackupFolderOr(string? given) =>
        given is not null ? ResolvePath(given) : StateFolder.BackupsIn(StatePath is null ? null : ResolvePath(StatePath));

    private static async Task InAsync(string folder, Func<Task> work)
    {
        StateFolder.Use(folder);
        await work().ConfigureAwait(false);
    }
}
