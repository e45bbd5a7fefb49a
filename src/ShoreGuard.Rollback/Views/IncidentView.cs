using System.Globalization;

namespace ShoreGuard.Rollback.Views;

/// <summary>An incident, to be read at a glance: what happened when, what it cost, and what is left to do.</summary>
internal static class IncidentView
{
    public static readonly Table<IncidentEvent> Events = new()
    {
        { "When (UTC)", each => each.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), 19 },
        { "What", each => Word(each.Kind), 11 },
        { "Took", each => each.EndedAt is { } ended ? Readable.Duration(ended - each.At) : each.GoesOn ? "goes on" : "", 11, Side.Right },
        { "About", each => each.Text, 30, Table<IncidentEvent>.Wide },
    };

    public static string Report(Incident incident, int width)
    {
        var lines = new List<string>
        {
            $"{Paint.Header($"Incident {incident.Id}")}  {incident.Name}, {PlanView.State(incident.State)}",
            "",
            Paint.Labelled("From", incident.From.ToString(), width),
            Paint.Labelled("To", incident.To.ToString(), width),
            Paint.Labelled("Symptom", incident.Symptom?.Explanation ?? "not written down", width),
            Paint.Labelled("Not well", NotWell(incident.Times), width),
            Paint.Labelled("Outage", incident.Times.Outage is { } outage ? Readable.Duration(outage) : "not measured", width),
            Paint.Labelled("Data lost", Lost(incident.Loss), width),
        };
        if (incident.Observation is { } seen)
            lines.Add(Paint.Labelled("Observed", $"{seen.Outcome} after {Readable.Duration(seen.Observed)}", width));
        if (incident.Kept.Count > 0)
            lines.Add(Paint.Labelled("Kept", string.Join(", ", incident.Kept.Select(kept => kept.What)), width));
        lines.AddRange(["", .. Events.Rows(incident.Events, width), ""]);
        lines.AddRange(incident.Notes.Select(note => Paint.Labelled("Note", note.ToString(), width)));
        lines.AddRange(incident.FollowUps.Select(task => Paint.Labelled("To do", task, width)));
        lines.Add(Paint.Labelled("Next", $"Export-ShoreGuardIncident -Id {incident.Id} -Path ./incident-{incident.Id}.html", width));
        lines.Add("");
        return string.Join('\n', lines);
    }

    private static string NotWell(IncidentTimes times) => (times.SymptomSince, times.Downtime) switch
    {
        (null, _) => "not known",
        ({ } since, null) => $"since {Readable.Time(since)}, by {times.SymptomKnownBy}",
        ({ } since, { } downtime) =>
        $"{(times.SymptomMayBeEarlier ? "at least " : "")}{Readable.Duration(downtime)}, since {Readable.Time(since)}, by {times.SymptomKnownBy}",
    };

    private static string Lost(IncidentLoss loss) => loss switch
    {
        { IsKnown: false } => Paint.Warn(loss.ToString()),
        { Dropped.Count: 0, Written: null } => loss.ToString(),
        _ => Paint.Bad(loss.ToString()),
    };

    private static string Word(IncidentEventKind kind) => kind switch
    {
        IncidentEventKind.Outage => Paint.Bad("Outage"),
        IncidentEventKind.Symptom or IncidentEventKind.Alert => Paint.Warn(kind.ToString()),
        IncidentEventKind.Rollback or IncidentEventKind.Observation => Paint.Good(kind.ToString()),
        _ => kind.ToString(),
    };
}
