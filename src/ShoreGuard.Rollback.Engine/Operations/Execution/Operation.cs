using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>A change of a deployment, of whatever kind, as it is known before it begins.</summary>
internal sealed record Operation
{
    /// <summary>Where it is remembered.</summary>
    public required StateStore State { get; init; }
    /// <summary>What is done, as whoever comes second is told: <c>restore</c>.</summary>
    public required string Activity { get; init; }
    /// <summary>What is written down of it before its first change.</summary>
    public required RollbackJournal.Entry Entry { get; init; }
    /// <summary>The one that it does once more, since its process was killed; null when it is a new one.</summary>
    public RollbackJournal.Entry? Resumed { get; init; }

    /// <summary>The deployment's name.</summary>
    public string Name => Entry.Record.Name;

    /// <summary>What its lock says.</summary>
    public LockClaim Claim => new(State, Activity, Entry.Record.Id, NeedsRecord: Entry.Record.Strategy != RollbackStrategy.ImageOnly);

    /// <summary>What is known from now on of one that is done once more: as of a new one, and what its interrupted parts have left, cost and been
    /// asked.</summary>
    public RollbackNote Continue(RollbackNote before) => Entry.Note with
    {
        Left = before.Left,
        OutageBefore = before.OutageBefore,
        WantsSmokeTest = before.WantsSmokeTest,
        Silences = before.Silences,
    };
}

/// <summary>How an operation has ended.</summary>
/// <param name="State">What became of it.</param>
/// <param name="Reason">Why, where it did not succeed.</param>
/// <param name="Outage">How long nobody was served this time; null where that was not measured.</param>
/// <param name="Revisions">The database's revisions now; empty where nobody has looked.</param>
internal sealed record OperationEnd(RollbackState State, string? Reason, TimeSpan? Outage, IReadOnlyList<string> Revisions);
