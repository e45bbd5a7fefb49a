using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ShoreGuard.HelpBuilder;

/// <summary>The documentation comments of the compiler's XML files, as text.</summary>
internal sealed partial class Comments
{
    private readonly Dictionary<string, XElement> _members = [];
    private readonly Dictionary<string, string> _cmdlets;

    /// <param name="files">The compiler's files.</param>
    /// <param name="cmdlets">The name to print for a reference to a cmdlet's class.</param>
    public Comments(IEnumerable<string> files, Dictionary<string, string> cmdlets)
    {
        _cmdlets = cmdlets;
        foreach (var file in files)
        {
            foreach (var member in XDocument.Load(file).Descendants("member"))
                _members[member.Attribute("name")!.Value] = member;
        }
    }

    public string Summary(string id) => Element(id, "summary") is { } summary ? Text(summary) : "";

    /// <summary>The remarks by paragraph.</summary>
    public IReadOnlyList<string> Remarks(string id) => Element(id, "remarks") is { } remarks ? Paragraphs(remarks) : [];

    public IReadOnlyList<Example> Examples(string id) =>
    [
        .. from example in _members.GetValueOrDefault(id)?.Elements("example") ?? []
           let code = example.Element("code")
           where code is not null
           select new Example(
               string.Join(' ', code.ElementsBeforeSelf().Select(Text)),
               Unindent(code.Value),
               string.Join("\n\n", code.ElementsAfterSelf().Select(Text)))
    ];

    /// <summary>The cmdlets named by <c>seealso</c>.</summary>
    public IReadOnlyList<string> SeeAlso(string id) =>
        [.. (_members.GetValueOrDefault(id)?.Elements("seealso") ?? []).Select(e => Name(e.Attribute("cref")?.Value ?? e.Value))];

    private XElement? Element(string id, string name) => _members.GetValueOrDefault(id)?.Element(name);

    private List<string> Paragraphs(XElement element)
    {
        // Text beside <para> and <list> is a paragraph too.
        var paragraphs = new List<string>();
        var loose = new XElement("para");
        void Flush()
        {
            if (Text(loose) is { Length: > 0 } text) paragraphs.Add(text);
            loose.RemoveNodes();
        }

        foreach (var node in element.Nodes())
        {
            if (node is XElement { Name.LocalName: "para" or "list" } block)
            {
                Flush();
                paragraphs.Add(block.Name.LocalName == "list"
                    ? string.Join('\n', block.Elements("item").Select(i => $"- {Text(i.Element("description") ?? i)}"))
                    : Text(block));
            }
            else
            {
                loose.Add(node);
            }
        }

        Flush();
        return paragraphs;
    }

    private string Text(XElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.Nodes())
        {
            text.Append(node switch
            {
                XText plain => plain.Value,
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                XElement { Name.LocalName: "paramref" or "typeparamref" } parameter => parameter.Attribute("name")!.Value,
                XElement { Name.LocalName: "see" } see => see.Attribute("cref") is { } cref
                    ? Name(cref.Value)
                    : see.Attribute("langword")?.Value ?? see.Attribute("href")?.Value,
                XElement other => $" {Text(other)} ",
                _ => "",
            });
        }

        return Whitespace().Replace(text.ToString(), " ").Trim();
    }

    private string Name(string cref) => _cmdlets.TryGetValue(cref, out var cmdlet) ? cmdlet : cref.Split('(')[0].Split('.', ':')[^1];

    private static string Unindent(string code)
    {
        var lines = code.ReplaceLineEndings("\n").Trim('\n').TrimEnd().Split('\n');
        var indent = lines.Where(l => l.Trim().Length > 0).Select(l => l.Length - l.TrimStart().Length).DefaultIfEmpty().Min();
        return string.Join('\n', lines.Select(l => l.Length >= indent ? l[indent..].TrimEnd() : ""));
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}

internal sealed record Example(string Title, string Code, string Explanation);
