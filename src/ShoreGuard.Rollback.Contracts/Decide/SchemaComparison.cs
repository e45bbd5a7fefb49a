namespace ShoreGuard.Rollback;

/// <summary>A database held against the migrations of an image.</summary>
public sealed record SchemaComparison
{
    /// <summary>The image.</summary>
    public required string Image { get; init; }
    /// <summary>How the database stands to it.</summary>
    public required SchemaVerdict Verdict { get; init; }
    /// <summary>The revisions of the database.</summary>
    public required IReadOnlyList<string> Revisions { get; init => field = ReadableList.Of(value); }
    /// <summary>The heads of the image.</summary>
    public required IReadOnlyList<string> Heads { get; init => field = ReadableList.Of(value); }
    /// <summary>What a start of the image would run, oldest first; empty where it would run nothing, or would not start.</summary>
    public IReadOnlyList<Migration> Upgrades { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<Migration>();
    /// <summary>What would have to be taken back before the image starts, newest first; empty where nothing has to, or nobody can tell.</summary>
    public IReadOnlyList<Migration> Downgrades { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<Migration>();
    /// <summary>Why.</summary>
    public required string Explanation { get; init; }

    /// <summary>Whether the image starts on the database, as far as the schema goes.</summary>
    public bool Starts => Verdict is SchemaVerdict.Same or SchemaVerdict.Behind && Heads.Count == 1;
    /// <summary>Whether every migration that has to be taken back can be, as far as the scripts tell.</summary>
    public bool IsReversible => Downgrades.All(migration => migration.IsReversible);

    /// <summary>For people: the verdict and why.</summary>
    public override string ToString() => $"{Verdict}: {Explanation}";
}
