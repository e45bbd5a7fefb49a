using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers something of the rollbacks in the journal.</summary>
public abstract class RollbackCompleter : IArgumentCompleter
{
    private protected abstract IEnumerable<Suggestion> Suggest(StateStore state);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Results(Completion.Ask((state, _) => Task.FromResult<IReadOnlyList<Suggestion>>([.. Suggest(state)]), fakeBoundParameters), wordToComplete);

    private protected static IEnumerable<Suggestion> Ids(IEnumerable<RollbackRecord> rollbacks) =>
        rollbacks.Select(rollback => new Suggestion(rollback.Id, rollback.ToString()));
}

/// <summary>Offers the ids of all rollbacks.</summary>
public sealed class RollbackIdCompleter : RollbackCompleter
{
    private protected override IEnumerable<Suggestion> Suggest(StateStore state) => Ids(new RollbackJournal(state).All());
}

/// <summary>Offers the ids of all incidents.</summary>
public sealed class IncidentIdCompleter : RollbackCompleter
{
    private protected override IEnumerable<Suggestion> Suggest(StateStore state) =>
        new IncidentCatalog(state).All().Select(incident => new Suggestion(incident.Id, incident.ToString()));
}

/// <summary>Offers the ids of the rollbacks that can be resumed.</summary>
public sealed class ResumableRollbackCompleter : RollbackCompleter
{
    private protected override IEnumerable<Suggestion> Suggest(StateStore state) => Ids(new RollbackJournal(state).Resumable());
}

/// <summary>Offers the ids of the rollbacks that can be undone.</summary>
public sealed class UndoableRollbackCompleter : RollbackCompleter
{
    private protected override IEnumerable<Suggestion> Suggest(StateStore state) => Ids(new RollbackJournal(state).Undoable());
}

/// <summary>Offers the names of the deployments that were rolled back.</summary>
public sealed class RollbackNameCompleter : RollbackCompleter
{
    private protected override IEnumerable<Suggestion> Suggest(StateStore state) =>
        new RollbackJournal(state).All().Select(rollback => new Suggestion(rollback.Name));
}
