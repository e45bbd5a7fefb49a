using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>A rollback as the operator asked for it.</summary>
public sealed record RollbackRequest
{
    /// <summary>Where it is remembered, and where is found what was.</summary>
    public required StateStore State { get; init; }
    /// <summary>What is to be rolled back.</summary>
    public required Deployment Deployment { get; init; }
    /// <summary>Where to, and how.</summary>
    public required RollbackOptions Options { get; init; }
    /// <summary>The alerts that are known of it; those that began after its deploy are a reason.</summary>
    public IReadOnlyList<Alert> Alerts { get; init; } = [];
    /// <summary>The registry credential; null for the one stored by docker login.</summary>
    public RegistryCredential? Credential { get; init; }
    /// <summary>The key with which the gate asks the target's API; null where it does not. It is written down nowhere.</summary>
    public Probing.ApiToken? SmokeToken { get; init; }
    /// <summary>The silences that end with it.</summary>
    public IReadOnlyList<Silence> Silences { get; init; } = [];
    /// <summary>The rollback that this one undoes; null when it undoes none.</summary>
    internal Execution.RollbackJournal.Entry? Reverted { get; init; }
    /// <summary>Whether it goes on where another process was interrupted, so that what the runbook asks first has been answered.</summary>
    internal bool IsResumed { get; init; }
    /// <summary>The id that the plan gets; null for a new one.</summary>
    internal string? Id { get; init; }

    /// <summary>Whether the runbook's questions are left out: is it the image's fault, is it an older one.</summary>
    internal bool IsSettled => Options.Force || IsResumed || Reverted is not null;
}
