namespace ShoreGuard.Rollback;

/// <summary>A rollback that was thought through to its end. Making it has changed nothing.</summary>
public sealed record RollbackPlan
{
    /// <summary>A short id, hexadecimal; the rollback that is made of it has the same.</summary>
    public required string Id { get; init; }
    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset MadeAt { get; init; }
    /// <summary>The machine it was made on; it holds on no other.</summary>
    public required string Machine { get; init; }
    /// <summary>The deployment as it was.</summary>
    public required Deployment Deployment { get; init; }
    /// <summary>What was asked for.</summary>
    public required RollbackOptions Options { get; init; }
    /// <summary>The image to go back to, by its digest where it has one.</summary>
    public required string Image { get; init; }
    /// <summary>The registry's digest of the target; null for an image that is on the engine only.</summary>
    public string? Digest { get; init; }
    /// <summary>What the target was built with.</summary>
    public required BuildIdentity To { get; init; }
    /// <summary>Why the target is believed to be good; null when nothing vouches for it.</summary>
    public KnownGoodBuild? KnownGood { get; init; }
    /// <summary>How the deployment is.</summary>
    public required HealthReport Health { get; init; }
    /// <summary>The alerts that were given for it.</summary>
    public IReadOnlyList<Alert> Alerts { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<Alert>();
    /// <summary>Whether it runs what was published.</summary>
    public required IdentityReport Identity { get; init; }
    /// <summary>The database held against the target's migrations.</summary>
    public required SchemaComparison Schema { get; init; }
    /// <summary>What is done with the database; never <see cref="RollbackStrategy.Auto"/>.</summary>
    public required RollbackStrategy Strategy { get; init; }
    /// <summary>Why, as a sentence without its full stop.</summary>
    public required string Decision { get; init; }
    /// <summary>How the container is switched.</summary>
    public required SwitchStrategy Switch { get; init; }
    /// <summary>Why in that way.</summary>
    public required string SwitchReason { get; init; }
    /// <summary>What a downgrade drops for good.</summary>
    public IReadOnlyList<SchemaLoss> Losses { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaLoss>();
    /// <summary>The backup to restore; null when none is.</summary>
    public Backup? Backup { get; init; }
    /// <summary>What was written for how long is not in that backup, as of when the plan was made; null when none is restored.</summary>
    public TimeSpan? DataLost { get; init; }
    /// <summary>The outage to expect: the median of what was measured before; null when nothing was.</summary>
    public TimeSpan? ExpectedOutage { get; init; }
    /// <summary>Of how many measured outages.</summary>
    public int MeasuredOutages { get; init; }
    /// <summary>What will be done, in order.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init => field = ReadableList.Of(value); }
    /// <summary>What the operator should know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>Why it cannot be run, each a sentence; empty when it can.</summary>
    public IReadOnlyList<string> Obstacles { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What to do next.</summary>
    public required string Recommendation { get; init; }
    /// <summary>What it is based on.</summary>
    public required IReadOnlyList<PlanFact> Facts { get; init => field = ReadableList.Of(value); }
    /// <summary>A checksum over what is to be done, by which an edited plan is known.</summary>
    public string Seal { get; init; } = "";

    /// <summary>The deployment's name.</summary>
    public string Name => Deployment.Name;
    /// <summary>What runs now, as it was built.</summary>
    public BuildIdentity? From => Deployment.Identity;
    /// <summary>Whether it can be run.</summary>
    public bool CanRun => Obstacles.Count == 0;
    /// <summary>The rows that are dropped for good.</summary>
    public long RowsLost => Losses.Where(loss => loss.Column is null).Sum(loss => loss.Rows);
    /// <summary>For people.</summary>
    public override string ToString() => $"{Id}: {Name} to {To} ({Strategy})";
}
