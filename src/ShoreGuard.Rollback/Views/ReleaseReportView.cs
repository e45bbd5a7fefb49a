namespace ShoreGuard.Rollback.Views;

/// <summary>Whether a release may be deployed: the verdict, then the checks, then what to do where it may not.</summary>
internal static class ReleaseReportView
{
    public static readonly Table<ReleaseCheck> Checks = new()
    {
        { "Check", check => check.Name, 13, 16 },
        { "Required", check => check.Required ? "yes" : "no", 8 },
        { "Outcome", check => Word(check.Outcome), 7 },
        { "Finding", check => Paint.ShortDigests(check.Explanation), 30, Table<ReleaseCheck>.Wide },
    };

    public static string Report(ReleaseReport report, int width)
    {
        var lines = new List<string>
        {
            $"{Mark(report)} {report.Version ?? Paint.ShortDigests(report.Image)}{(report.Name is null ? "" : $" for {report.Name}")}: {Verdict(report)}",
            "",
            $"    {Checks.Header(width - 4)}",
        };
        foreach (var check in report.Checks)
            lines.AddRange(Checks.Row(check, width - 4).Select((line, at) => $"  {(at == 0 ? Mark(check.Outcome) : " ")} {line}"));
        lines.Add("");
        lines.Add(Paint.Labelled("Image", Paint.ShortDigests(report.Image), width));
        if (!report.Passed || report.Checks.Any(check => check.Outcome == ReleaseOutcome.Warned))
            lines.Add(Paint.Labelled("Next", report.Recommendation, width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    public static string Verdict(ReleaseReport report) =>
        report.Passed ? Paint.Good("Passed") : report.Inconclusive ? Paint.Warn("Inconclusive") : Paint.Bad("Failed");

    private static string Word(ReleaseOutcome outcome) => outcome switch
    {
        ReleaseOutcome.Passed => Paint.Good("Passed"),
        ReleaseOutcome.Failed => Paint.Bad("Failed"),
        _ => Paint.Warn(outcome.ToString()),
    };

    private static string Mark(ReleaseReport report) => report.Inconclusive ? Paint.Warn("?") : Paint.Mark(report.Passed);

    private static string Mark(ReleaseOutcome outcome) => outcome switch
    {
        ReleaseOutcome.Passed => Paint.Mark(good: true),
        ReleaseOutcome.Warned => Paint.Warn("!"),
        ReleaseOutcome.Unknown => Paint.Warn("?"),
        _ => Paint.Mark(good: false),
    };
}
