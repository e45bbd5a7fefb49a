namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>One time that the condition of an alert held, from its beginning to its end.</summary>
internal sealed record AlertEpisode
{
    /// <summary>When the condition began to hold.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it was last seen to hold.</summary>
    public required DateTimeOffset LastSeen { get; init; }
    /// <summary>Whether it fired at any time.</summary>
    public required bool HasFired { get; init; }
    /// <summary>When it was first seen to fire; null where it did not, or fired at the first point of the look already.</summary>
    public DateTimeOffset? FiredAt { get; init; }
    /// <summary>When it was first seen to hold no longer; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>Whether it fires, is pending, or has ended.</summary>
    public required AlertState State { get; init; }
}
