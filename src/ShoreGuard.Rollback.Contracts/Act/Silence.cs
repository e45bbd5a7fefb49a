namespace ShoreGuard.Rollback;

/// <summary>A silence of Alertmanager: of the alerts that it matches, nobody is told until it ends.</summary>
public sealed record Silence
{
    /// <summary>Its id, as Alertmanager has given it.</summary>
    public required string Id { get; init; }
    /// <summary>The Alertmanager that has it.</summary>
    public required Uri AlertmanagerUri { get; init; }
    /// <summary>What an alert's labels have to be, all of them, each as <c>name="value"</c>.</summary>
    public IReadOnlyList<string> Matchers { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>When it begins, UTC.</summary>
    public required DateTimeOffset StartsAt { get; init; }
    /// <summary>When it ends, UTC.</summary>
    public required DateTimeOffset EndsAt { get; init; }
    /// <summary>Whether it keeps alerts quiet.</summary>
    public required SilenceState State { get; init; }
    /// <summary>Why it was made.</summary>
    public string? Comment { get; init; }
    /// <summary>Who has made it.</summary>
    public string? CreatedBy { get; init; }
    /// <summary>For people.</summary>
    public override string ToString() => $"{Id}: {State} until {Readable.Time(EndsAt)}, {{{string.Join(", ", Matchers)}}}";
}
