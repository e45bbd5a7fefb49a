using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Switching;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Everything that was read before an image rollback. Making it changes nothing.</summary>
public sealed class ImageRollbackPlan
{
    internal ImageRollbackPlan(ImageRollbackRequest request, Deployment before, ContainerView container, ImageView image, ImageResolver.Found target,
        ImageResolver.Seen seen, StrategyChoice choice)
    {
        Request = request;
        Before = before;
        Container = container;
        Image = image;
        Target = target;
        Seen = seen;
        Choice = choice;
    }

    private readonly IReadOnlyList<string> _open = [];

    internal ImageRollbackRequest Request { get; }
    internal ContainerView Container { get; }
    internal ImageView Image { get; }
    internal ImageResolver.Found Target { get; }
    internal StrategyChoice Choice { get; private init; }

    /// <summary>The target as it could be read without a pull.</summary>
    internal ImageResolver.Seen Seen { get; }
    /// <summary>The database between the two images; null where somebody else decides what the schema allows, or where it says nothing.</summary>
    internal TargetSchema? Schema { get; init; }

    // What the API of the build that runs answers; null where nobody has given a key.
    internal ApiReport? Smoke { get; init; }

    // What becomes of the database while nobody is served; null when it stays as it is.
    internal IDatabaseChange? Change { get; private init; }
    // The containers in its namespaces, which are made anew with it.
    internal IReadOnlyList<Dependent> Dependents { get; init; } = [];
    // The containers whose namespaces it shares itself, by what it calls them.
    internal IReadOnlyDictionary<string, string> Owners { get; init; } = new Dictionary<string, string>();
    // The MAC addresses that the user has chosen, by network.
    internal IReadOnlyDictionary<string, string> MacAddresses { get; init; } = new Dictionary<string, string>();

    /// <summary>The same, with the database changed between the stop of the old build and the start of the new one.</summary>
    internal ImageRollbackPlan With(IDatabaseChange change) => new(Request, Before, Container, Image, Target, Seen, Choice)
    {
        Choice = new(SwitchStrategy.Recreate, "the database changes with the image"),
        Change = change,
        Smoke = Smoke,
        Dependents = Dependents,
        Owners = Owners,
        MacAddresses = MacAddresses,
        Warnings = Warnings,
        Open = _open,
        SlowStop = SlowStop,
    };

    // What earlier switches took; null where none is known.
    internal ExpectedOutage? Expected { get; init; }

    /// <summary>What the operator should know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; internal init; } = [];

    /// <summary>What the run will find out, or what will come of it: to be known before saying yes, and of no use in a result. Each a sentence.</summary>
    public IReadOnlyList<string> Open
    {
        get => Strategy == SwitchStrategy.Recreate && SlowStop is { } stop ? [.. _open, stop] : _open;
        internal init => _open = value;
    }

    // What the stop of the old container may be held up by; null where nothing is known to.
    internal string? SlowStop { get; init; }

    /// <summary>The deployment as it is now.</summary>
    public Deployment Before { get; }

    /// <summary>The reference it will run.</summary>
    public string TargetImage => Target.Reference.ToString();

    /// <summary>How it will be switched.</summary>
    public SwitchStrategy Strategy => Choice.Kind;

    /// <summary>What will be done, as a sentence for a question.</summary>
    public string Description =>
        $"Roll {Before.Name} back from {Before.Identity?.ToString() ?? Before.Image} to {Target.Reference.ToShortString()} "
        + $"({Strategy}, {Choice.Reason}: {How()}{Along()}, and put the old one back if the new one does not pass its gate)"
        + (Expected is null ? "" : $"; the expected outage is {Expected}")
        + Schema?.Outlook;

    private string Along() => Dependents.Count == 0 ? "" : $", recreate {string.Join(", ", Dependents.Select(dependent => dependent.Name))}, which "
        + $"share{(Dependents.Count == 1 ? "s" : "")} its namespaces";

    private string How() => (Strategy, Before.IsRunning) switch
    {
        (SwitchStrategy.HotSwap, _) => "gate the new container beside the old one, then hand the host port over",
        (SwitchStrategy.BlueGreen, _) => "gate the new container beside the old one, then give it the old one's network alias",
        (_, true) => "stop the old container, start the new one",
        _ => "start the new container in the stopped one's place",
    };
}
