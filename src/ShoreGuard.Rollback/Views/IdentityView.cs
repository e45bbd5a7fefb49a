using System.Globalization;

namespace ShoreGuard.Rollback.Views;

/// <summary>What runs and what was published: the answer, then the builds side by side, then what differs or was not checked.</summary>
internal static class IdentityView
{
    public static string Report(IdentityReport report, int width)
    {
        var lines = new List<string> { $"{Mark(report)} {report.Name ?? report.Uri?.ToString().TrimEnd('/')}: {Verdict(report)}", "" };
        Build("Answers", report.Answered, report.Uri?.ToString().TrimEnd('/'));
        Build("Running", report.Running, report.RunningDigest);
        Build("Published", report.Published, report.PublishedDigest);
        foreach (var difference in report.Differences)
            lines.Add(Paint.Labelled("Differs",
                $"{difference.Field}: {difference.Actual ?? "not said"} in {difference.ActualOf}, {difference.Expected} by {difference.ExpectedBy}", width));
        foreach (var missing in report.Unchecked)
            lines.Add(Paint.Labelled("Unchecked", Paint.ShortDigests(missing), width));
        if (!report.IsMatch)
        {
            lines.Add("");
            lines.Add(Paint.Labelled("Diagnosis", Diagnosis(report), width));
            lines.Add(Paint.Labelled("Next", report.Recommendation, width));
        }
        lines.Add("");
        return string.Join('\n', lines);

        void Build(string label, BuildIdentity? build, string? where)
        {
            if (build is null)
                return;
            var time = build.BuildTime is { } built ? $"  built {built.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}" : "";
            lines.Add(Paint.Labelled(label, $"{build}{time}  {Paint.ShortDigests(where ?? "")}", width));
        }
    }

    /// <summary>The verdict in a word.</summary>
    public static string Word(IdentityVerdict verdict) => verdict switch
    {
        IdentityVerdict.Match => Paint.Good("Match"),
        IdentityVerdict.Inconclusive => Paint.Warn("Inconclusive"),
        _ => Paint.Bad("Mismatch"),
    };

    /// <summary>The verdict in a word or two.</summary>
    public static string Verdict(IdentityReport report) => report.Verdict switch
    {
        IdentityVerdict.Match => Paint.Good("the running build matches the published build."),
        IdentityVerdict.Inconclusive => Paint.Warn("not everything could be compared."),
        _ => Paint.Bad(report is { TagMoved: true, Differences.Count: 0 } ? "its tag has moved." : "the running build does not match the published build."),
    };

    // The fields stand above, one a line.
    private static string Diagnosis(IdentityReport report) => report switch
    {
        { Verdict: IdentityVerdict.Inconclusive } => "What was compared is the same, or nothing was; that is no match.",
        { Differences.Count: > 0 } =>
        $"The pipeline is wrong, not the code; rolling back will reproduce "
        + $"it.{(report.TagMoved == true ? " The tag means another image now than the one that runs." : "")}",
        _ => report.Explanation,
    };

    private static string Mark(IdentityReport report) => report.Verdict switch
    {
        IdentityVerdict.Match => Paint.Good(Marks.Good),
        IdentityVerdict.Inconclusive => Paint.Warn("?"),
        _ => Paint.Bad(Marks.Bad),
    };
}
