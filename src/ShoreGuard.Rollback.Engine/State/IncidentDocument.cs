namespace ShoreGuard.Rollback.Engine.State;

/// <summary>What is written down of an incident before anything is changed.</summary>
internal sealed record IncidentBeginning
{
    /// <summary>The build that is left.</summary>
    public required IncidentBuild From { get; init; }
    /// <summary>The build that it goes back to.</summary>
    public required IncidentBuild To { get; init; }
    /// <summary>What is wrong.</summary>
    public required IncidentSymptom Symptom { get; init; }
    /// <summary>Since when; null where that is not known.</summary>
    public SymptomOnset? Onset { get; init; }
    /// <summary>When the container was made, UTC.</summary>
    public DateTimeOffset? DeployedAt { get; init; }
    /// <summary>When it was decided, UTC.</summary>
    public required DateTimeOffset DecidedAt { get; init; }
    /// <summary>What was decided, and why.</summary>
    public IReadOnlyList<IncidentDecision> Decisions { get; init; } = [];
}

/// <summary>Since when something was not well.</summary>
/// <param name="Since">The time, UTC.</param>
/// <param name="KnownBy">By what that is known, as a phrase.</param>
/// <param name="MayBeEarlier">Whether it may have begun earlier, and nobody has looked.</param>
internal sealed record SymptomOnset(DateTimeOffset Since, string KnownBy, bool MayBeEarlier = false);

/// <summary>What is written down of an incident when its rollback has ended.</summary>
internal sealed record IncidentEnding
{
    /// <summary>The outage as it was measured; null where it was not.</summary>
    public Outage? Outage { get; init; }
    /// <summary>Since when the target serves, UTC; null where it does not.</summary>
    public DateTimeOffset? HeldSince { get; init; }
    /// <summary>What was lost.</summary>
    public required IncidentLoss Loss { get; init; }
    /// <summary>What was kept.</summary>
    public IReadOnlyList<IncidentKept> Kept { get; init; } = [];
}

/// <summary>An incident as the journal has it.</summary>
/// <param name="Beginning">Null where it was begun from another state folder.</param>
/// <param name="Ending">Null where it has not ended here.</param>
/// <param name="Observation">Null where nobody has watched what it went back to.</param>
/// <param name="Notes">What people have noted, the oldest first.</param>
internal sealed record IncidentDocument(
    IncidentBeginning? Beginning, IncidentEnding? Ending, ObservationResult? Observation, IReadOnlyList<IncidentNote> Notes);
