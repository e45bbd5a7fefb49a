using System.Text;

namespace ShoreGuard.HelpBuilder;

/// <summary>The reference pages of the repository.</summary>
internal static class Markdown
{
    public static void Write(IReadOnlyList<CmdletHelp> cmdlets, string folder)
    {
        Directory.CreateDirectory(folder);
        var pages = cmdlets.ToDictionary(c => $"{c.Name}.md", Page);
        pages["README.md"] = Index(cmdlets);
        foreach (var stale in Directory.GetFiles(folder, "*.md").Where(f => !pages.ContainsKey(Path.GetFileName(f)))) File.Delete(stale);
        foreach (var (name, text) in pages)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path) || File.ReadAllText(path) != text) File.WriteAllText(path, text);
        }
    }

    private static string Index(IReadOnlyList<CmdletHelp> cmdlets)
    {
        var page = new Page();
        page.Line("# Cmdlet reference");
        page.Line("Generated from the source by the build: change the comments there, not these pages.");
        page.Line("| Cmdlet | |\n|---|---|\n" + string.Join('\n', cmdlets.Select(c => $"| [{c.Name}]({c.Name}.md) | {c.Synopsis} |")));
        return page.ToString();
    }

    private static string Page(CmdletHelp cmdlet)
    {
        var page = new Page();
        page.Line($"# {cmdlet.Name}");
        page.Line(cmdlet.Synopsis);
        page.Line("## Syntax");
        foreach (var syntax in cmdlet.Syntaxes) page.Code(Syntax(cmdlet.Name, syntax));
        page.Line("## Description");
        foreach (var paragraph in cmdlet.Description) page.Line(paragraph);
        page.Line("## Examples");
        foreach (var example in cmdlet.Examples)
        {
            page.Line($"### {example.Title}");
            page.Code(example.Code);
            if (example.Explanation.Length > 0) page.Line(example.Explanation);
        }

        page.Line("## Parameters");
        foreach (var p in cmdlet.Parameters)
        {
            page.Line($"### -{p.Name}");
            page.Line(p.Summary);
            page.Line(string.Join('\n', Facts(p).Select(f => $"- {f}")));
        }

        page.Line("## Inputs");
        page.Line(List(cmdlet.Inputs, "None."));
        page.Line("## Outputs");
        page.Line(List(cmdlet.Outputs, "None."));
        if (cmdlet.Links.Count > 0)
        {
            page.Line("## See also");
            page.Line(string.Join('\n', cmdlet.Links.Select(l => $"- [{l}]({l}.md)")));
        }

        return page.ToString();
    }

    private static IEnumerable<string> Facts(ParameterHelp p)
    {
        yield return $"Type: `{p.Type}`";
        if (p.Values.Count > 0) yield return "Values: " + string.Join(", ", p.Values.Select(v => $"`{v}`"));
        if (p.Aliases.Count > 0) yield return "Aliases: " + string.Join(", ", p.Aliases.Select(a => $"`{a}`"));
        yield return $"Required: {(p.IsRequiredAnywhere ? "yes" : "no")}";
        yield return $"Position: {p.PositionText()}";
        yield return $"Default: {(p.Default == "None" ? "none" : $"`{p.Default}`")}";
        yield return $"Pipeline input: {p.PipelineInput}";
        if (p.Wildcards) yield return "Wildcards: yes";
    }

    private static string List(IEnumerable<TypeHelp> types, string none)
    {
        var lines = types.Select(t => $"- `{t.Name}`{(t.Summary.Length > 0 ? $": {t.Summary}" : "")}").ToArray();
        return lines.Length > 0 ? string.Join('\n', lines) : none;
    }

    private static string Syntax(string name, SyntaxHelp syntax)
    {
        const int width = 110;
        var lines = new List<string> { name };
        foreach (var word in syntax.Parameters.Select(p => Syntax(p, syntax.Set)).Append("[<CommonParameters>]"))
        {
            if (lines[^1].Length + word.Length < width) lines[^1] += " " + word;
            else lines.Add("    " + word);
        }

        return string.Join('\n', lines);
    }

    private static string Syntax(ParameterHelp p, string set)
    {
        if (p.IsSwitch) return $"[-{p.Name}]";
        var value = $"<{p.Type}>";
        var name = p.Position(set) == int.MaxValue ? $"-{p.Name}" : $"[-{p.Name}]";
        return p.IsRequired(set) ? $"{name} {value}" : $"[{name} {value}]";
    }
}

/// <summary>A page under construction: blocks with an empty line between them.</summary>
internal sealed class Page
{
    private readonly StringBuilder _text = new();

    public void Line(string block)
    {
        if (_text.Length > 0) _text.Append('\n');
        _text.Append(block).Append('\n');
    }

    public void Code(string code) => Line($"```powershell\n{code}\n```");

    public override string ToString() => _text.ToString();
}
