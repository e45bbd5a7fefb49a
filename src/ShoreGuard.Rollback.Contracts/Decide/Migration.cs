namespace ShoreGuard.Rollback;

/// <summary>One migration script of an image.</summary>
public sealed record Migration
{
    /// <summary>Its revision, for example <c>017</c>.</summary>
    public required string Revision { get; init; }
    /// <summary>The revisions it builds on: none for a first one, several for a merge.</summary>
    public required IReadOnlyList<string> Parents { get; init => field = ReadableList.Of(value); }
    /// <summary>The revisions of other branches that have to be there first (Alembic's <c>depends_on</c>).</summary>
    public IReadOnlyList<string> DependsOn { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>Its branch labels.</summary>
    public IReadOnlyList<string> BranchLabels { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The revisions it stands for, where the script has a variable <c>replaces</c>. Alembic itself knows no such thing and goes by
    /// revisions alone.</summary>
    public IReadOnlyList<string> Replaces { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<string>();
    /// <summary>The first lines of the script's documentation.</summary>
    public string Message { get; init; } = "";
    /// <summary>The script's file name.</summary>
    public string FileName { get; init; } = "";
    /// <summary>What its <c>downgrade()</c> does.</summary>
    public DowngradeKind Downgrade { get; init; }
    /// <summary>Why it refuses, in the script's own words; null when it does not.</summary>
    public string? DowngradeReason { get; init; }
    /// <summary>What its <c>upgrade()</c> does, in order.</summary>
    public IReadOnlyList<SchemaOperation> UpgradeOperations { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaOperation>();
    /// <summary>What its <c>downgrade()</c> does, in order.</summary>
    public IReadOnlyList<SchemaOperation> DowngradeOperations { get; init => field = ReadableList.Of(value); } = ReadableList.Empty<SchemaOperation>();

    /// <summary>Why it cannot be taken back by its script; null when it can, as far as its text tells.</summary>
    public string? Obstacle => Downgrade switch
    {
        DowngradeKind.Refuses => $"its downgrade() refuses: {DowngradeReason}",
        DowngradeKind.MayRefuse => $"its downgrade() may refuse: {DowngradeReason}",
        DowngradeKind.Unread => DowngradeReason ?? "its script cannot be read",
        DowngradeKind.Empty when UpgradeOperations.Count > 0 => "its downgrade() is empty, although its upgrade() is not",
        _ => DowngradeOperations.FirstOrDefault(operation => operation.IsUnread) is { } unread
            ? $"it cannot be told what its downgrade() does: {unread.Text}" : null,
    };

    /// <summary>Whether its <c>downgrade()</c> undoes it, as far as its text tells.</summary>
    public bool IsReversible => Obstacle is null;

    /// <summary>For people: the revision and what it is about.</summary>
    public override string ToString() => Message.Length == 0 ? Revision : $"{Revision} {Message}";
}
