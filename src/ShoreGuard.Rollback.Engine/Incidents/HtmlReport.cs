using System.Net;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>Writes a report as one page: no script, and nothing that is loaded from anywhere. Light and dark, and fit to be printed.</summary>
internal static class HtmlReport
{
    // A browser that keeps to it loads and runs nothing, whatever somebody should get into the page.
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    private const int Wide = 1000, Narrow = 340;

    // A time, a word or a release stays on its line; a path or a sentence is broken wherever there is no more room.
    private const int Unbroken = 20;

    /// <summary>The page.</summary>
    public static string Write(Incident incident)
    {
        var report = new IncidentReport(incident);
        var html = new StringBuilder();
        html.Append($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{Encode(report.Title)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <header>
            <p class="kicker">{Encode(report.Subtitle)} <span class="verdict {Kind(report.IsGood)}">{Encode(report.Verdict)}</span></p>
            <h1>{Encode(report.Title)}</h1>
            </header>
            <main>
            <dl class="figures">

            """);
        foreach (var (label, value) in report.Figures)
            html.Append($"<div><dt>{Encode(label)}</dt><dd>{Encode(value)}</dd></div>\n");
        html.Append("</dl>\n<figure>\n")
            .Append(ReportTimeline.Draw(incident.Events, Wide, "wide")).Append('\n')
            .Append(ReportTimeline.Draw(incident.Events, Narrow, "narrow"))
            .Append("\n<figcaption>Times are in UTC. The axis is not to scale: it is wide where much happened.</figcaption>\n</figure>\n");
        foreach (var section in report.Sections)
        {
            html.Append($"<section>\n<h2>{Encode(section.Title)}</h2>\n");
            foreach (var block in section.Blocks)
                html.Append(Write(block)).Append('\n');
            html.Append("</section>\n");
        }
        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static string Write(ReportBlock block) => block switch
    {
        ReportText { Text: var text } => $"<p>{Encode(text)}</p>",
        ReportFacts { Facts: var facts } =>
            $"<dl class=\"facts\">{string.Concat(facts.Select(fact => $"<dt>{Encode(fact.Label)}</dt><dd>{Encode(fact.Value)}</dd>"))}</dl>",
        ReportTasks { Tasks: var tasks } => $"<ul class=\"tasks\">{string.Concat(tasks.Select(task => $"<li>{Encode(task)}</li>"))}</ul>",
        ReportLines { Lines: var lines } => $"<pre>{Encode(string.Join('\n', lines))}</pre>",
        ReportTable table => Write(table),
        _ => throw new InvalidOperationException($"No such block: {block.GetType().Name}"),
    };

    // On a narrow page each row stands as a card, and each cell says what it is.
    private static string Write(ReportTable table)
    {
        var head = string.Concat(table.Columns.Select(column => $"<th scope=\"col\">{Encode(column)}</th>"));
        var rows = table.Rows.Select(row => $"<tr>{string.Concat(row.Select((cell, at) => Cell(table.Columns[at], cell)))}</tr>\n");
        return $"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{string.Concat(rows)}</tbody>\n</table>";
    }

    private static string Cell(string column, string text) =>
        $"<td{(text.Length > Unbroken ? "" : " class=\"unbroken\"")} data-label=\"{Encode(column)}\">{Encode(text)}</td>";

    private static string Kind(bool? isGood) => isGood switch { true => "good", false => "bad", null => "open" };

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private const string Style = """
        :root { --ground: #fff; --text: #1c2126; --faint: #5b6670; --line: #d8dee4; --panel: #f5f7f9; --good: #1a7f37;
                --bad: #c1272d; --warn: #9a5b00; --blue: #1f5fbf; --grey: #6a7480; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #14181c; --text: #e6eaee; --faint: #9aa6b2; --line: #333b44; --panel: #1d2329; --good: #4cc26d;
                  --bad: #ff7b72; --warn: #e3a23b; --blue: #79aef5; --grey: #98a4b0; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 66rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--text);
               font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.5rem; line-height: 1.25; margin: .2rem 0 1rem; }
        h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
        .kicker { margin: 0; color: var(--faint); }
        .verdict { display: inline-block; margin-left: .5rem; padding: 0 .6rem; border-radius: 1rem; border: 1px solid; font-weight: 600; }
        .good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--warn); }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .75rem; margin: 1rem 0; }
        .figures div { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; }
        .figures dt { color: var(--faint); font-size: .875rem; } .figures dd { margin: 0; font-size: 1.15rem; font-weight: 600; }
        figure { margin: 1.5rem 0; } figcaption { color: var(--faint); font-size: .875rem; }
        .timeline { display: block; width: 100%; height: auto; font: 14px system-ui, sans-serif; } .narrow { display: none; }
        .timeline .what { fill: var(--text); } .timeline .tick { fill: var(--faint); font-size: 12px; }
        .timeline .grid { stroke: var(--line); stroke-dasharray: 2 3; } .timeline .lane { stroke: var(--line); }
        .timeline .mark { fill: var(--grey); } .deploy .mark { fill: var(--blue); } .symptom .mark, .alert .mark { fill: var(--warn); }
        .outage .mark { fill: var(--bad); } .rollback .mark, .observation .mark { fill: var(--good); } .open.mark { fill-opacity: .6; }
        .facts { display: grid; grid-template-columns: 11rem 1fr; gap: .2rem 1rem; margin: .5rem 0; }
        .facts dt { color: var(--faint); } .facts dd { margin: 0; }
        table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .9375rem; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
        th { color: var(--faint); font-weight: 500; white-space: nowrap; } .unbroken { white-space: nowrap; }
        pre { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; margin: .5rem 0;
              font: .8125rem/1.45 ui-monospace, monospace; white-space: pre-wrap; }
        .tasks { list-style: none; padding: 0; } .tasks li { padding-left: 1.7rem; position: relative; margin: .4rem 0; }
        .tasks li::before { content: ""; position: absolute; left: 0; top: .3rem; width: .95rem; height: .95rem;
                             border: 1.5px solid var(--faint); border-radius: .2rem; }
        @media (max-width: 40rem) {
          .wide { display: none; } .narrow { display: block; } .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .5rem; }
          thead { display: none; } tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0; }
          td { display: block; border: 0; padding: .1rem 0; }
          td:empty { display: none; } .unbroken { white-space: normal; }
          td[data-label]:not([data-label=""])::before { content: attr(data-label) ": "; color: var(--faint); }
        }
        @media print { body { max-width: none; padding: 0; } section, figure { break-inside: avoid; } }
        """;
}
