using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>An image rollback as the operator asked for it.</summary>
public sealed record ImageRollbackRequest
{
    /// <summary>Where it is remembered, and where is found what was.</summary>
    public required StateStore State { get; init; }
    /// <summary>What is to be rolled back.</summary>
    public required Deployment Deployment { get; init; }
    /// <summary>Where to.</summary>
    public required ImageTarget Target { get; init; }
    /// <summary>How it is switched.</summary>
    public SwitchStrategy Strategy { get; init; } = SwitchStrategy.Auto;
    /// <summary>What the target has to show.</summary>
    public GateRules Gate { get; init; } = new();
    /// <summary>Where the target is written down.</summary>
    public PinTarget Pin { get; init; } = PinTarget.Auto;
    /// <summary>Whether a database that does not outlive its container, or not with all that belongs to it, may be lost with it.</summary>
    public bool Force { get; init; }
    /// <summary>Whether the database changes with the image where it has to, so that the caller decides what the schema allows.</summary>
    internal bool DecidesSchema { get; init; }
    /// <summary>The image rollback that this one does once more, since its process was killed; null when it is a new one.</summary>
    internal RollbackJournal.Entry? Resumed { get; init; }
    /// <summary>Who has to have signed the target; null when nobody has to.</summary>
    public SignatureRules? Signature { get; init; }
    /// <summary>The registry credential; null for the one stored by docker login.</summary>
    public RegistryCredential? Credential { get; init; }
}
