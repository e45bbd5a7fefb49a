using System.Globalization;

namespace ShoreGuard.Rollback.Views;

/// <summary>What an observation came to: the verdict, its figures, what changed, and what to do where it did not hold.</summary>
internal static class ObservationView
{
    public static readonly Table<ObservationChange> Changes = new()
    {
        { "At (UTC)", change => $"{Mark(change)} {change.At.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}", 10 },
        { "Name", change => change.Name, 18, 40, 2 },
        { "What", change => change.What, 9 },
        { "Before", change => change.From ?? Marks.None, 9, 30, 1 },
        { "Since", change => change.IsRegression ? Paint.Bad(change.To) : change.To, 9, 30 },
        { "Explanation", change => change.Explanation, 20, Table<ObservationChange>.Wide },
    };

    public static string Result(ObservationResult result, int width)
    {
        var lines = new List<string>
        {
            $"{Mark(result.Outcome)} {result.Name ?? result.Uri.ToString().TrimEnd('/')}: {Word(result.Outcome)} after {Readable.Duration(result.Observed)}"
                + (result.Outcome == ObservationOutcome.Held ? "" : $" of {Readable.Duration(result.ObservationWindow)}"),
            "",
            Paint.Labelled("Build", result.Identity?.ToString() ?? "not told", width),
            Paint.Labelled("Serving", Figures(result), width),
            Paint.Labelled("From", $"{Readable.Time(result.StartedAt)} to {Readable.Time(result.EndedAt)}", width),
        };
        lines.AddRange(result.Changes.Select((change, at) => Paint.Labelled(at == 0 ? "Changes" : "", Line(change), width)));
        lines.Add(Paint.Labelled(result.Outcome == ObservationOutcome.Held ? "Finding" : "Diagnosis", result.Explanation, width));
        if (result.Outcome != ObservationOutcome.Held)
            lines.Add(Paint.Labelled("Next", result.Recommendation, width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    public static string Word(ObservationOutcome outcome) => outcome switch
    {
        ObservationOutcome.Held => Paint.Good("Held"),
        ObservationOutcome.Regressed => Paint.Bad("Regressed"),
        _ => Paint.Warn("Inconclusive"),
    };

    // Rounded down: one request that failed is not 100 %.
    public static string Percent(double? share) =>
        share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(known * 10000) / 100:0.##} %") : "none could be judged";

    private static string Figures(ObservationResult result)
    {
        var restarts = result.Restarts switch { 0 => null, 1 => Paint.Warn("1 restart"), var many => Paint.Warn($"{many} restarts") };
        var looks = string.Create(CultureInfo.InvariantCulture, $"{Percent(result.Availability)} of {result.Looks} looks");
        return string.Join("; ", new[] { looks, result.Latency?.ToString(), restarts }.OfType<string>());
    }

    private static string Line(ObservationChange change)
    {
        var what = $"{change.What}: {(change.From is null ? "" : $"{change.From}, then ")}{change.To}";
        return $"{change.At.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {(change.IsRegression ? Paint.Bad(what) : what)}";
    }

    private static string Mark(ObservationChange change) => change.IsRegression ? Paint.Mark(good: false) : " ";

    private static string Mark(ObservationOutcome outcome) => outcome switch
    {
        ObservationOutcome.Held => Paint.Mark(good: true),
        ObservationOutcome.Regressed => Paint.Mark(good: false),
        _ => Paint.Warn("?"),
    };
}
