namespace ShoreGuard.Rollback;

/// <summary>What happened to a deployment and how it was rolled back: the document of a rollback, for those who were not there.</summary>
public sealed record Incident
{
    /// <summary>Its id, which is the rollback's.</summary>
    public required string Id { get; init; }
    /// <summary>The deployment's name.</summary>
    public required string Name { get; init; }
    /// <summary>The engine's address.</summary>
    public required string DockerHost { get; init; }
    /// <summary>How the rollback stands.</summary>
    public required RollbackState State { get; init; }
    /// <summary>The build that was left, or was to be left.</summary>
    public required IncidentBuild From { get; init; }
    /// <summary>The build that it went back to, or was to.</summary>
    public required IncidentBuild To { get; init; }
    /// <summary>What was wrong; null where it was not written down: another state folder began the rollback, or an older version of the module.</summary>
    public IncidentSymptom? Symptom { get; init; }
    /// <summary>When what was.</summary>
    public required IncidentTimes Times { get; init; }
    /// <summary>What was decided, and why.</summary>
    public IReadOnlyList<IncidentDecision> Decisions { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<IncidentDecision>();
    /// <summary>The path that was taken, step by step.</summary>
    public IReadOnlyList<RollbackStep> Steps { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<RollbackStep>();
    /// <summary>Whether the target held while it was watched; null where nobody has watched.</summary>
    public ObservationResult? Observation { get; init; }
    /// <summary>What was lost of the data.</summary>
    public required IncidentLoss Loss { get; init; }
    /// <summary>What was kept, and how it is brought back.</summary>
    public IReadOnlyList<IncidentKept> Kept { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<IncidentKept>();
    /// <summary>What is left to do, each a sentence.</summary>
    public IReadOnlyList<string> FollowUps { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>What people have noted of it, the oldest first.</summary>
    public IReadOnlyList<IncidentNote> Notes { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<IncidentNote>();
    /// <summary>What happened, in the order of its beginning.</summary>
    public IReadOnlyList<IncidentEvent> Events { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<IncidentEvent>();

    /// <summary>What it is called: the two builds and the deployment.</summary>
    public string Title => $"{Name}: {From} rolled back to {To}";
    /// <summary>For people.</summary>
    public override string ToString() => $"{Id}: {Name}, {From} to {To}, {State}";
}
