namespace ShoreGuard.Rollback;

/// <summary>What kind of thing happened in an incident.</summary>
public enum IncidentEventKind
{
    /// <summary>The bad build's container was made.</summary>
    Deploy,
    /// <summary>It was not well.</summary>
    Symptom,
    /// <summary>An alert fired.</summary>
    Alert,
    /// <summary>The rollback was decided.</summary>
    Decision,
    /// <summary>The rollback ran.</summary>
    Rollback,
    /// <summary>Nobody was served.</summary>
    Outage,
    /// <summary>The target was watched.</summary>
    Observation,
    /// <summary>The rollback was undone.</summary>
    Undo,
}
