namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>What has to become of the database before the target starts. Follows from the facts alone.</summary>
/// <remarks>
/// ShoreGuard upgrades its database at every start, and an image that does not know the database's revision does not start
/// (<c>alembic.util.exc.CommandError: Can't locate revision</c>). So: known, the image alone; unknown, a downgrade or a restore first.
/// </remarks>
/// <param name="Strategy">What is done; where there is an obstacle, what would have to be.</param>
/// <param name="Explanation">Why, as a sentence without its full stop.</param>
/// <param name="Obstacle">Why it cannot be done, as a sentence; null when it can.</param>
internal sealed record SchemaDecision(RollbackStrategy Strategy, string Explanation, string? Obstacle = null)
{
    /// <summary>What it follows from.</summary>
    /// <param name="Comparison">The database held against the target.</param>
    /// <param name="DowngradeTo">The revision that a downgrade would have to reach; null when none leads to the target.</param>
    /// <param name="Backup">The backup that would be restored; null when there is none that the target knows.</param>
    /// <param name="Where">Where backups were looked for.</param>
    public sealed record Facts(SchemaComparison Comparison, string? DowngradeTo, Backup? Backup, string Where);

    /// <summary>Decides.</summary>
    /// <param name="wanted">What the operator allows.</param>
    /// <param name="facts">What it follows from.</param>
    public static SchemaDecision Make(RollbackStrategy wanted, Facts facts) => wanted switch
    {
        RollbackStrategy.ImageOnly => ImageOnly(facts),
        RollbackStrategy.Downgrade => Downgrade(facts),
        RollbackStrategy.Restore => Restore(facts, ""),
        _ => Choose(facts),
    };

    private static SchemaDecision Choose(Facts facts)
    {
        if (facts.Comparison.Starts || facts.Comparison.Verdict is SchemaVerdict.Same or SchemaVerdict.Behind)
            return ImageOnly(facts);
        var downgrade = Downgrade(facts);
        if (downgrade.Obstacle is null)
            return downgrade;
        // What loses least comes first: a downgrade drops what the new migrations added, a restore all that was written since.
        return Restore(facts, $"; no downgrade leads there: {downgrade.Obstacle.TrimEnd('.')}");
    }

    private static SchemaDecision ImageOnly(Facts facts) => facts.Comparison.Starts
        ? new(RollbackStrategy.ImageOnly, facts.Comparison.Explanation)
        : new(RollbackStrategy.ImageOnly, facts.Comparison.Explanation, $"The image alone does not do: {facts.Comparison.Explanation}.");

    private static SchemaDecision Downgrade(Facts facts)
    {
        var comparison = facts.Comparison;
        SchemaDecision Refuse(string why) => new(RollbackStrategy.Downgrade, comparison.Explanation, why);
        if (comparison.Starts)
            return Refuse($"There is nothing to take back: {comparison.Explanation}.");
        if (comparison.Verdict != SchemaVerdict.Ahead || facts.DowngradeTo is not { } to)
            return Refuse($"No downgrade leads to what the target knows ({string.Join(", ", comparison.Heads)}): {comparison.Explanation}.");
        if (comparison.Downgrades.Where(migration => !migration.IsReversible).ToList() is [var first, ..])
            return Refuse($"{first.Revision} cannot be taken back: {first.Obstacle!.TrimEnd('.')}.");
        return new(RollbackStrategy.Downgrade, $"{comparison.Explanation}; every one of them can be taken back, down to {to}");
    }

    private static SchemaDecision Restore(Facts facts, string why) => facts.Backup is { } backup
        ? new(RollbackStrategy.Restore, $"{facts.Comparison.Explanation}{why}; the backup of {Readable.Time(backup.CreatedAt)} at {backup.Revision} is one "
            + "that the target knows")
        : new(RollbackStrategy.Restore, $"{facts.Comparison.Explanation}{why}",
            $"There is no backup in {facts.Where} at a revision that the target knows (up to {string.Join(", ", facts.Comparison.Heads)}){why}.");
}
