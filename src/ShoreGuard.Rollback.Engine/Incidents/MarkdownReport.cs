using System.Text;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>Writes a report as Markdown for an issue (GitHub Flavored Markdown, which GitLab renders too).</summary>
/// <remarks>What holds anything but plain words stands in a code span: there, nothing is a link, a mention or a picture.</remarks>
internal static partial class MarkdownReport
{
    /// <summary>The text, with a line feed at its end.</summary>
    public static string Write(IncidentReport report)
    {
        var text = new StringBuilder();
        Line($"# {Of(report.Title)}");
        Line($"{Of(report.Subtitle)}: **{report.Verdict}**");
        Line(Write(new ReportFacts(report.Figures)));
        foreach (var section in report.Sections)
        {
            Line($"## {section.Title}");
            foreach (var block in section.Blocks)
                Line(Write(block));
        }
        return text.ToString().TrimEnd('\n') + "\n";

        void Line(string part) => text.Append(part).Append("\n\n");
    }

    private static string Write(ReportBlock block) => block switch
    {
        ReportText { Text: var text } => Of(text),
        ReportFacts { Facts: var facts } => string.Join('\n', facts.Select(fact => $"- {fact.Label}: {Of(fact.Value)}")),
        ReportTasks { Tasks: var tasks } => string.Join('\n', tasks.Select(task => $"- [ ] {Of(task)}")),
        ReportLines { Lines: var lines } => Fenced(lines),
        ReportTable table => string.Join('\n',
            [Row(table.Columns), $"|{string.Concat(table.Columns.Select(_ => " --- |"))}", .. table.Rows.Select(row => Row([.. row.Select(Cell)]))]),
        _ => throw new InvalidOperationException($"No such block: {block.GetType().Name}"),
    };

    private static string Row(IReadOnlyList<string> cells) => $"|{string.Concat(cells.Select(cell => $" {cell} |"))}";

    // In a table a bar ends the cell, even in a code span (GFM, "Tables").
    private static string Cell(string text) => Of(text).Replace("|", "\\|", StringComparison.Ordinal);

    private static string Of(string text) => text.Length == 0 ? "" : Words().IsMatch(text) && !Address().IsMatch(text) ? text : Code(text);

    // A span begins and ends with more backticks in a row than there are in it (CommonMark, "Code spans").
    private static string Code(string text)
    {
        var fence = new string('`', Longest(text) + 1);
        var isOpen = text.StartsWith('`') || text.EndsWith('`') || (text.StartsWith(' ') && text.EndsWith(' '));
        return isOpen ? $"{fence} {text} {fence}" : $"{fence}{text}{fence}";
    }

    private static string Fenced(IReadOnlyList<string> lines)
    {
        var fence = new string('`', Math.Max(3, lines.Max(Longest) + 1));
        return $"{fence}text\n{string.Join('\n', lines)}\n{fence}";
    }

    private static int Longest(string text) => Backticks().Matches(text).Select(match => match.Length).DefaultIfEmpty(0).Max();

    // A text that begins with a sign of a list, a rule or a heading is none of these.
    [GeneratedRegex(@"\A[A-Za-z0-9–(][A-Za-z0-9 .,;:()/'–?-]*\z")]
    private static partial Regex Words();

    // What would become a link by itself; a number with a dot or a parenthesis behind it would begin a list.
    [GeneratedRegex(@"://|www\.|\A\d+[.)] ", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    [GeneratedRegex("`+")]
    private static partial Regex Backticks();
}
