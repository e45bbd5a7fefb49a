using System.Xml.Linq;

namespace ShoreGuard.HelpBuilder;

/// <summary>The XML that Get-Help reads.</summary>
internal static class Maml
{
    private static readonly XNamespace Msh = "http://msh";
    private static readonly XNamespace M = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace C = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace D = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static string Write(IEnumerable<CmdletHelp> cmdlets) =>
        new XDeclaration("1.0", "utf-8", null) + "\n" + new XElement(Msh + "helpItems", new XAttribute("schema", "maml"), cmdlets.Select(Command)) + "\n";

    private static XElement Command(CmdletHelp cmdlet) => new(
        C + "command",
        new XAttribute(XNamespace.Xmlns + "maml", M),
        new XAttribute(XNamespace.Xmlns + "command", C),
        new XAttribute(XNamespace.Xmlns + "dev", D),
        new XElement(
            C + "details",
            new XElement(C + "name", cmdlet.Name),
            new XElement(C + "verb", cmdlet.Name.Split('-')[0]),
            new XElement(C + "noun", cmdlet.Name.Split('-')[1]),
            Paragraphs(M + "description", cmdlet.Synopsis)),
        Paragraphs(M + "description", [.. cmdlet.Description]),
        new XElement(C + "syntax", cmdlet.Syntaxes.Select(s => new XElement(
            C + "syntaxItem", new XElement(M + "name", cmdlet.Name), s.Parameters.Select(p => Parameter(p, s.Set))))),
        new XElement(C + "parameters", cmdlet.Parameters.Select(p => Parameter(p, null))),
        new XElement(C + "inputTypes", cmdlet.Inputs.Select(t => Type(C + "inputType", t))),
        new XElement(C + "returnValues", cmdlet.Outputs.Select(t => Type(C + "returnValue", t))),
        new XElement(C + "examples", cmdlet.Examples.Select(Example)),
        new XElement(M + "relatedLinks", cmdlet.Links.Select(l => new XElement(M + "navigationLink", new XElement(M + "linkText", l)))));

    /// <summary>A parameter in the syntax of a set, or in the list of all parameters.</summary>
    private static XElement Parameter(ParameterHelp p, string? set) => new(
        C + "parameter",
        new XAttribute("required", set is null ? p.IsRequiredAnywhere : p.IsRequired(set)),
        new XAttribute("variableLength", p.Type.EndsWith("[]", StringComparison.Ordinal)),
        new XAttribute("globbing", p.Wildcards),
        new XAttribute("pipelineInput", p.PipelineInput),
        new XAttribute("position", p.PositionText(set)),
        new XAttribute("aliases", p.Aliases.Count > 0 ? string.Join(", ", p.Aliases) : "none"),
        new XElement(M + "name", p.Name),
        Paragraphs(M + "description", p.Summary),
        p.Values.Count > 0 && set is not null
            ? new XElement(C + "parameterValueGroup", p.Values.Select(v => Value(p, v)))
            : p.IsSwitch && set is not null ? null : Value(p, p.Type),
        new XElement(D + "type", new XElement(M + "name", p.Type)),
        new XElement(D + "defaultValue", p.Default));

    private static XElement Value(ParameterHelp p, string text) =>
        new(C + "parameterValue", new XAttribute("required", !p.IsSwitch), new XAttribute("variableLength", false), text);

    private static XElement Type(XName name, TypeHelp type) =>
        new(name, new XElement(D + "type", new XElement(M + "name", type.Name)), Paragraphs(M + "description", type.Summary));

    private static XElement Example(Example example, int index) => new(
        C + "example",
        new XElement(M + "title", $"--------- Example {index + 1}: {example.Title} ---------"),
        new XElement(D + "code", example.Code),
        Paragraphs(D + "remarks", example.Explanation));

    /// <summary>Plain text: what is code in Markdown stands as it is in a terminal.</summary>
    private static XElement Paragraphs(XName name, params string[] texts) =>
        new(name, texts.Select(t => new XElement(M + "para", t.Replace("`", "", StringComparison.Ordinal))));
}
