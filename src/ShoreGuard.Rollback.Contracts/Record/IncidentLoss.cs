namespace ShoreGuard.Rollback;

/// <summary>What an incident cost of the data.</summary>
public sealed record IncidentLoss
{
    /// <summary>What a downgrade dropped for good.</summary>
    public IReadOnlyList<SchemaLoss> Dropped { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaLoss>();
    /// <summary>What was written for how long is not in service any more, because an older backup was restored; null when none was.</summary>
    public TimeSpan? Written { get; init; }
    /// <summary>The recovery point objective: how much may be lost at most, in time; null where none was given.</summary>
    public TimeSpan? Rpo { get; init; }
    /// <summary>Whether what became of the data is known: the rollback came to its end here.</summary>
    public required bool IsKnown { get; init; }

    /// <summary>The rows that were dropped for good.</summary>
    public long RowsDropped => Dropped.Where(loss => loss.Column is null).Sum(loss => loss.Rows);
    /// <summary>Whether the objective was met; null where none was given, or what became of the data is not known.</summary>
    public bool? MeetsRpo => IsKnown && Rpo is { } objective ? (Written ?? TimeSpan.Zero) <= objective : null;
    /// <summary>For people: what is gone, and what is out of service.</summary>
    public override string ToString() => (IsKnown, Dropped.Count, Written) switch
    {
        (false, _, _) => "not known",
        (_, 0, null) => "none",
        (_, 0, { } written) => OutOfService(written),
        (_, _, null) => $"dropped for good: {string.Join("; ", Dropped)}",
        (_, _, { } written) => $"dropped for good: {string.Join("; ", Dropped)}; {OutOfService(written)}",
    };

    private static string OutOfService(TimeSpan written) => $"what was written in the {Readable.Age(written)} before is out of service";
}
