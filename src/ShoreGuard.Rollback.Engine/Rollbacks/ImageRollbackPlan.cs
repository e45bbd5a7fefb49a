using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Rollbacks.Switching;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>Everything that was read before an image rollback. Making it changes nothing.</summary>
public sealed class ImageRollbackPlan
{
    internal ImageRollbackPlan(ImageRollbackRequest request, Deployment before, JsonObject container, JsonObject image, ImageResolver.Found target, StrategyChoice choice)
    {
        Request = request;
        Before = before;
        Container = container;
        Image = image;
        Target = target;
        Choice = choice;
    }

    internal ImageRollbackRequest Request { get; }
    internal JsonObject Container { get; }
    internal JsonObject Image { get; }
    internal ImageResolver.Found Target { get; }
    internal StrategyChoice Choice { get; }

    /// <summary>The deployment as it is now.</summary>
    public Deployment Before { get; }

    /// <summary>The reference it will run.</summary>
    public string TargetImage => Target.Reference.ToString();

    /// <summary>How it will be switched.</summary>
    public SwitchStrategy Strategy => Choice.Kind;

    /// <summary>What will be done, as a sentence for a question.</summary>
    public string Description =>
        $"Roll {Before.Name} back from {Before.Identity?.ToString() ?? Before.Image} to {Target.Reference.ToShortString()} "
        + $"({Strategy}, {Choice.Reason}: {How()}, and put the old one back if the new one does not pass its gate)";

    private string How() => (Strategy, Before.IsRunning) switch
    {
        (SwitchStrategy.HotSwap, _) => "gate the new container beside the old one, then hand the host port over",
        (SwitchStrategy.BlueGreen, _) => "gate the new container beside the old one, then give it the old one's network alias",
        (_, true) => "stop the old container, start the new one",
        _ => "start the new container in the stopped one's place",
    };
}
