namespace ShoreGuard.Rollback.Engine.Operations.Guarding;

/// <summary>What the checks of a release mean together. Asks nobody.</summary>
internal static class ReleaseJudgement
{
    /// <summary>The check that is always required.</summary>
    public const string NotBlocked = nameof(NotBlocked);

    /// <summary>The row of a check.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="finding">What was found.</param>
    /// <param name="required">What has to hold.</param>
    public static ReleaseCheck Row(string name, ReleaseFinding finding, IReadOnlyList<ReleaseRequirement> required)
    {
        var counts = name == NotBlocked || finding.IsDecisive || required.Any(each => each.ToString() == name);
        return new()
        {
            Name = name,
            Required = counts,
            Explanation = finding.Explanation,
            Outcome = finding.Holds switch
            {
                true => ReleaseOutcome.Passed,
                false => counts ? ReleaseOutcome.Failed : ReleaseOutcome.Warned,
                null => ReleaseOutcome.Unknown,
            },
        };
    }

    /// <summary>The report without what it is of. What could not be told has not passed, where it is required.</summary>
    public static (bool Passed, bool Inconclusive, string Explanation, string Recommendation) Of(IReadOnlyList<(ReleaseCheck Row, string? Next)> checks)
    {
        List<(ReleaseCheck Row, string? Next)> Where(Func<ReleaseCheck, bool> condition) => [.. checks.Where(check => condition(check.Row))];
        var failed = Where(row => row.Outcome == ReleaseOutcome.Failed);
        var open = Where(row => row.Required && row.Outcome == ReleaseOutcome.Unknown);
        var warned = Where(row => row.Outcome == ReleaseOutcome.Warned);
        var told = failed.Count > 0 ? failed : open.Count > 0 ? open : warned;
        var explanation = (failed.Count, open.Count, warned.Count) switch
        {
            (> 0, _, _) => Sentence("It must not be deployed", failed),
            (_, > 0, _) => Sentence("Nothing speaks against it, but it cannot be told whether it may be deployed", open),
            (_, _, > 0) => Sentence("It may be deployed; not required, and not so", warned),
            _ => "It may be deployed.",
        };
        var next = told.Select(check => check.Next).FirstOrDefault(each => each is not null);
        next ??= "Deploy it, and then see whether it is well: Test-ShoreGuardHealth";
        return (failed.Count == 0 && open.Count == 0, failed.Count == 0 && open.Count > 0, explanation, next);
    }

    private static string Sentence(string head, IReadOnlyList<(ReleaseCheck Row, string? Next)> checks) =>
        $"{head}: {string.Join("; ", checks.Select(check => check.Row.Explanation))}.";
}
