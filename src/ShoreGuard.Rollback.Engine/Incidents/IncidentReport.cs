using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>What a report of an incident says, in which order; the formats only write it.</summary>
/// <remarks>Every text is made fit to be read before a format gets it: a report may hold what an application or an attacker wrote.</remarks>
internal sealed class IncidentReport
{
    // Of one text; a cell of a table is no place for a novel.
    private const int Longest = 2000;

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.Default,
    };

    private readonly Incident _incident;

    public IncidentReport(Incident incident) => _incident = incident;

    /// <summary>The incident itself, with the names that its properties have.</summary>
    public static string Json(Incident incident) => JsonSerializer.Serialize(incident, Format) + "\n";

    /// <summary>What it is called.</summary>
    public string Title => Fit(_incident.Title);

    /// <summary>The id, the engine, and how it ended.</summary>
    public string Subtitle => Fit($"Incident {_incident.Id}, {Readable.Time(_incident.Times.StartedAt)}");

    /// <summary>How it ended, in a word or two.</summary>
    public string Verdict => _incident.State switch
    {
        RollbackState.Succeeded => "rolled back",
        RollbackState.Reverted => "put back",
        RollbackState.UnderWay => "under way",
        RollbackState.Closed => "closed as it was",
        _ => "unfinished",
    };

    /// <summary>Whether it ended well; null while that is open.</summary>
    public bool? IsGood => _incident.State switch { RollbackState.Succeeded => true, RollbackState.UnderWay => null, _ => false };

    /// <summary>What everybody asks first.</summary>
    public IReadOnlyList<(string Label, string Value)> Figures =>
    [
        ("Outage of the switch", _incident.Times.Outage is { } outage ? Readable.Duration(outage) : "not measured"),
        ("Not well for", NotWell(_incident.Times)),
        ("Data lost", Fit(_incident.Loss.ToString())),
    ];

    /// <summary>The sections, those without anything to say left out.</summary>
    public IReadOnlyList<ReportSection> Sections => [.. new[]
    {
        Section("Builds", Builds()),
        Section("Symptom", Symptom()),
        Section("Times (UTC)", new ReportFacts([.. Times().Where(fact => fact.Value is not null).Select(fact => (fact.Label, Fit(fact.Value!)))])),
        Section("Decisions", Table(["About", "Choice", "Why"], _incident.Decisions.Select(each => new[] { each.About, each.Choice, each.Reason }))),
        Section("Steps", Table(["#", "Step", "Outcome", "Began (UTC)", "Took", "Detail"], _incident.Steps.Select(Step))),
        Section("Data", Data()),
        Section("Observation", Observation()),
        Section("Kept", Table(["What", "How it is brought back"], _incident.Kept.Select(each => new[] { each.What, each.Command ?? "" }))),
        Section("Follow-up", _incident.FollowUps.Count == 0 ? null : new ReportTasks([.. _incident.FollowUps.Select(Fit)])),
        Section("Notes", Table(["When (UTC)", "Who", "Note"], _incident.Notes.Select(each => new[] { Second(each.At), each.By, each.Text }))),
    }.OfType<ReportSection>()];

    private static string NotWell(IncidentTimes times) =>
        times.Downtime is { } downtime ? $"{(times.SymptomMayBeEarlier ? "at least " : "")}{Readable.Duration(downtime)}" : "not known";

    private ReportTable Builds() => Table(
        ["", "Release", "Commit", "Built (UTC)", "Image", "Digest"], [Build("Left", _incident.From), Build("Gone back to", _incident.To)])!;

    private static string[] Build(string label, IncidentBuild build) =>
        [label, build.Version ?? "–", build.GitSha ?? "–", build.BuildTime is { } time ? Second(time) : "–", build.Image, build.Digest ?? "–"];

    private ReportBlock?[] Symptom() => _incident.Symptom is not { } symptom
        ? [new ReportText("What was wrong was not written down: the rollback was begun from another state folder, or by an older version.")]
        :
        [
            new ReportText(Fit($"{(symptom.Status is { } status ? $"{status}, {symptom.Diagnosis}: " : "")}{symptom.Explanation.TrimEnd('.')}.")),
            Table(["Check", "State", "Message", "Last reported"], symptom.Checks.Select(check => new[]
            {
                check.Name, check.State.ToString(), check.Message ?? "", check.AgeSec is { } age ? $"{Readable.Age(TimeSpan.FromSeconds(age))} before" : "",
            })),
            Table(["Alert", "State", "Began (UTC)", "Relation to the deploy"], symptom.Alerts.Select(alert => new[]
            {
                alert.Name, alert.State.ToString(), Second(alert.FiredAt ?? alert.StartedAt), alert.Explanation,
            })),
            symptom.Api is { } api ? new ReportText(Fit($"Its API: {api.Status}. {api.Explanation.TrimEnd('.')}.")) : null,
            symptom.Log.Count == 0 ? null : new ReportText("The last lines of its log:"),
            symptom.Log.Count == 0 ? null : new ReportLines([.. symptom.Log.Select(Fit)]),
        ];

    private IEnumerable<(string Label, string? Value)> Times()
    {
        var times = _incident.Times;
        yield return ("Deployed", Second(times.DeployedAt));
        yield return ("Not well since", times.SymptomSince is { } since ? $"{Second(since)}, by {times.SymptomKnownBy}" : null);
        yield return ("Decided", Second(times.DecidedAt));
        yield return ("Rollback began", Second(times.StartedAt));
        yield return ("Nobody was served", Outage(times));
        yield return ("Held since", Second(times.HeldSince));
        yield return ("Rollback ended", Second(times.EndedAt));
    }

    private static string? Outage(IncidentTimes times) => (times.OutageBegan, times.OutageEnded) switch
    {
        ({ } began, { } served) => $"{Moment(began)} to {Moment(served)}, {Readable.Duration(times.Outage ?? (served - began))}",
        ({ } began, null) => $"{Moment(began)} to the end of the measurement",
        _ => times.Outage is { } outage ? Readable.Duration(outage) : null,
    };

    private ReportBlock?[] Data() =>
    [
        new ReportText(Fit($"Lost: {_incident.Loss}.{Objective()}")),
        Table(
            ["Table", "Column", "Rows", "Migration"],
            _incident.Loss.Dropped.Select(loss => new[] { loss.Table, loss.Column ?? "", Number(loss.Rows), loss.Revision })),
    ];

    private string Objective() => _incident.Loss is { Rpo: { } rpo, MeetsRpo: { } isMet }
        ? $" The recovery point objective of {Readable.Age(rpo)} was {(isMet ? "met" : "missed")}."
        : "";

    private ReportBlock?[] Observation() => _incident.Observation is not { } seen ? [] :
    [
        new ReportText(Fit($"{seen.Outcome} after {Readable.Duration(seen.Observed)}: {seen.Explanation.TrimEnd('.')}.")),
        new ReportFacts([.. new (string Label, string? Value)[]
        {
            ("Availability", seen.Availability is { } share ? share.ToString("0.00 %", CultureInfo.InvariantCulture) : null),
            ("Latency", seen.Latency?.ToString()),
            ("Restarts", Number(seen.Restarts)),
        }.Where(fact => fact.Value is not null).Select(fact => (fact.Label, fact.Value!))]),
        Table(
            ["When (UTC)", "What", "From", "To", "Seen"],
            seen.Changes.Select(change => new[] { Second(change.At), change.What, change.From ?? "", change.To, change.Explanation })),
    ];

    private static string[] Step(RollbackStep step) =>
    [
        Number(step.Number), step.Name, step.Outcome?.ToString() ?? "not ended", Second(step.StartedAt),
        step.EndedAt is { } ended ? Readable.Duration(ended - step.StartedAt) : "", step.Detail ?? "",
    ];

    private static ReportSection? Section(string title, params ReportBlock?[] blocks) =>
        blocks.OfType<ReportBlock>().ToList() is { Count: > 0 } there ? new(title, there) : null;

    private static ReportTable? Table(IReadOnlyList<string> columns, IEnumerable<string[]> rows) =>
        rows.Select(row => (IReadOnlyList<string>)[.. row.Select(Fit)]).ToList() is { Count: > 0 } some ? new(columns, some) : null;

    private static string Fit(string text) => PlainText.Of(text, longest: Longest);

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string? Second(DateTimeOffset? time) => time is { } known ? Second(known) : null;

    private static string Second(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
