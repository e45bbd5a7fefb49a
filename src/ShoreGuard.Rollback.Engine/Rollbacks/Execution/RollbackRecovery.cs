using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Rollbacks.Planning;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Execution;

/// <summary>Brings a rollback to an end whose process was killed, or undoes one that has ended.</summary>
public sealed class RollbackRecovery
{
    private readonly RollbackJournal.Entry _entry;
    private readonly RegistryCredential? _credential;

    private RollbackRecovery(RollbackJournal.Entry entry, RegistryCredential? credential) => (_entry, _credential) = (entry, credential);

    /// <summary>The rollback as the journal has it.</summary>
    public RollbackRecord Record => _entry.Record;

    /// <summary>Whether its new build had held, so that little is left to do.</summary>
    public bool HasHeld => _entry.Note.HasHeld;

    private LockClaim Claim => new("recovery of the rollback", Record.Id, NeedsRecord: Record.Strategy != RollbackStrategy.ImageOnly, Mends: true);

    /// <summary>What going on does, as a sentence without its full stop.</summary>
    public string ResumeDescription => HasHeld
        ? $"Finish the rollback {Record.Id} of {Record.Name}: {Record.Version ?? Record.Image} had passed its gate; take away what the way back needed"
        : $"Put back what the rollback {Record.Id} of {Record.Name} had half done, and run it once more, to "
            + $"{Record.Version ?? Record.Image}; if its new build serves already and was written to, gate that one and keep it";

    /// <summary>What undoing does, as a sentence without its full stop.</summary>
    public string UndoDescription => $"Undo the interrupted rollback {Record.Id} of {Record.Name}: {Record.VersionBefore ?? Record.ImageBefore} with the "
        + "database as it was";

    /// <summary>What closing does, as a sentence without its full stop.</summary>
    public string CloseDescription => $"End the interrupted rollback {Record.Id} of {Record.Name} in the journal, and leave everything else as it is";

    /// <summary>Finds one.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackNotFound</c>, <c>RollbackInProgress</c>; those of the journal.</exception>
    public static RollbackRecovery Find(string id, RegistryCredential? credential)
    {
        var entry = RollbackJournal.Get(id);
        // Says who holds it.
        if (entry.Record.State == RollbackState.UnderWay)
            DeploymentLock.RequireFree(entry.Record.DockerHost, entry.Record.Name);
        return new(entry, credential);
    }

    /// <summary>Refuses to go on with what has ended.</summary>
    /// <exception cref="ShoreGuardException"><c>NothingToResume</c>.</exception>
    public void RequireUnfinished()
    {
        if (Record.State is not (RollbackState.Unfinished or RollbackState.UnderWay))
            throw Errors.NothingToResume(Record);
    }

    /// <summary>Ends what has held, or puts back what has not.</summary>
    /// <returns>Whether the target serves: else it is to be run once more.</returns>
    /// <param name="insist">Asked, with what has been written meanwhile, whether an older state may replace it.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RowsWritten</c>, after which nothing has changed; <c>NothingToRevert</c>, <c>UndoFailed</c>; those of a
    /// restore.</exception>
    public async Task<bool> MendAsync(Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(Record.DockerHost, cancellation).ConfigureAwait(false);
        await using var held = await DeploymentLock.TakeAsync(engine, Record.Name, Claim, cancellation).ConfigureAwait(false);
        using var log = RollbackLog.Continue(_entry);
        var interrupted = new InterruptedRollback(engine, _entry, insist, reporter);
        var holds = HasHeld || await interrupted.TryGoOnAsync(log, cancellation).ConfigureAwait(false);
        if (holds)
            await interrupted.FinishAsync(log).ConfigureAwait(false);
        else
            await interrupted.RevertAsync(log, "its process was killed").ConfigureAwait(false);
        return holds;
    }

    /// <summary>Plans to run it once more, from the state before.</summary>
    /// <exception cref="ShoreGuardException">Those of planning; the state before is there then.</exception>
    public async Task<RollbackExecution> AgainAsync(IReporter reporter, CancellationToken cancellation)
    {
        var deployment = await DeploymentCatalog.GetAsync(Record.Name, Record.DockerHost, cancellation).ConfigureAwait(false);
        var again = RollbackJournal.Get(Record.Id);
        var request = new RollbackRequest { Deployment = deployment, Options = Exactly(), Credential = _credential, Reverted = Record.Reverts is { } reverted ? RollbackJournal.Get(reverted) : null };
        return await RollbackExecution.ResumeAsync(again, deployment, request, reporter, cancellation).ConfigureAwait(false);
    }

    // What was decided is kept: the very image, and the very backup.
    private RollbackOptions Exactly() => _entry.Options with
    {
        Version = null,
        GitSha = null,
        Previous = false,
        Image = Record.Image,
        Strategy = Record.Strategy,
        BackupPath = Record.Strategy == RollbackStrategy.Restore ? Record.BackupPath ?? _entry.Options.BackupPath : null,
    };

    /// <summary>Puts the state before back of one that was interrupted.</summary>
    /// <returns>False when its old container is gone, so that it has to be undone as one that has ended.</returns>
    /// <param name="insist">Asked, with what has been written meanwhile, whether an older state may replace it.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RowsWritten</c>, after which nothing has changed; <c>NothingToRevert</c>, <c>UndoFailed</c>; those of a
    /// restore.</exception>
    public async Task<bool> UndoAsync(Func<string, Task<bool>> insist, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(Record.DockerHost, cancellation).ConfigureAwait(false);
        await using var held = await DeploymentLock.TakeAsync(engine, Record.Name, Claim, cancellation).ConfigureAwait(false);
        using var log = RollbackLog.Continue(_entry);
        var interrupted = new InterruptedRollback(engine, _entry, insist, reporter);
        if (HasHeld && await engine.InspectContainerAsync(_entry.Note.ContainerBefore, cancellation).ConfigureAwait(false) is null)
        {
            await interrupted.FinishAsync(log).ConfigureAwait(false);
            return false;
        }
        await interrupted.RevertAsync(log, "undone by the operator").ConfigureAwait(false);
        return true;
    }

    /// <summary>Ends it in the records of the state folder, and touches nothing else.</summary>
    /// <returns>What is left of it, each a sentence.</returns>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>; those of the journal and of the engine.</exception>
    public async Task<IReadOnlyList<string>> CloseAsync(CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(Record.DockerHost, cancellation).ConfigureAwait(false);
        await using var held = await DeploymentLock.TakeAsync(engine, Record.Name, Claim, cancellation).ConfigureAwait(false);
        using var log = RollbackLog.Continue(_entry);
        var left = await new RollbackRemains(engine, _entry).FindAsync(cancellation).ConfigureAwait(false);
        log.Close(RollbackState.Closed, left.Count == 0 ? "closed by the operator" : $"closed by the operator; left: {string.Join(" ", left)}", null, []);
        // Last: without it, an unfinished rollback would no longer know that its database went down. Killed before, the next downgrade asks.
        DowngradeNote.Find(Record.DockerHost, Record.Name)?.Forget();
        return left;
    }

    /// <summary>Plans to undo one that has ended: back to the image before, with the database that was before.</summary>
    /// <exception cref="ShoreGuardException"><c>NothingToRevert</c>; those of planning.</exception>
    public async Task<RollbackExecution> ReverseAsync(IReporter reporter, CancellationToken cancellation)
    {
        var entry = RollbackJournal.Get(Record.Id);
        if (entry.Record.State != RollbackState.Succeeded)
            throw Errors.NothingToRevert(entry.Record, entry.Record.State == RollbackState.Reverted ? "it was put back already" : $"it is {entry.Record.State}");
        var deployment = await DeploymentCatalog.GetAsync(Record.Name, Record.DockerHost, cancellation).ConfigureAwait(false);
        if (deployment.ContainerId != entry.Note.ContainerAfter)
            throw Errors.NothingToRevert(entry.Record, $"{Record.Name} has been changed since, and runs {deployment.Image}");
        var changed = Record.Strategy != RollbackStrategy.ImageOnly;
        var options = entry.Options with
        {
            Version = null,
            GitSha = null,
            Previous = false,
            Image = entry.Note.ImageBefore,
            Strategy = changed ? RollbackStrategy.Restore : RollbackStrategy.ImageOnly,
            BackupPath = Record.Strategy == RollbackStrategy.Downgrade ? entry.Note.BackupPath : null,
            IgnoredChecks = [.. entry.Options.IgnoredChecks, .. entry.Note.FailedBefore],
        };
        var request = new RollbackRequest { Deployment = deployment, Options = options, Credential = _credential, Reverted = entry };
        return await RollbackExecution.PlanAsync(request, given: null, reporter, cancellation).ConfigureAwait(false);
    }
}
