using System.Collections;
using System.Management.Automation;
using System.Reflection;

namespace ShoreGuard.HelpBuilder;

/// <summary>Everything there is to say about a cmdlet: half of it from its attributes, half from its comments.</summary>
internal sealed record CmdletHelp(
    string Name,
    string Synopsis,
    IReadOnlyList<string> Description,
    IReadOnlyList<ParameterHelp> Parameters,
    IReadOnlyList<SyntaxHelp> Syntaxes,
    IReadOnlyList<TypeHelp> Outputs,
    IReadOnlyList<Example> Examples,
    IReadOnlyList<string> Links)
{
    public IEnumerable<TypeHelp> Inputs =>
        from p in Parameters
        where p.PipelineInput != "False"
        select new TypeHelp(p.Type, $"{p.Name}, {(p.ByValue ? "by value" : "by property name")}.");

    public static string NameOf(Type type)
    {
        var cmdlet = type.GetCustomAttribute<CmdletAttribute>()!;
        return $"{cmdlet.VerbName}-{cmdlet.NounName}";
    }

    public static CmdletHelp Read(Type type, Comments comments)
    {
        var id = $"T:{type.FullName}";
        var metadata = new CommandMetadata(type);
        var defaults = Defaults(type);
        var parameters = metadata.Parameters.Values
            .Where(p => !Cmdlet.CommonParameters.Contains(p.Name) && p.Name is not ("WhatIf" or "Confirm"))
            .Select(p => ParameterHelp.Read(type.GetProperty(p.Name)!, p, defaults, comments))
            .OrderBy(p => p.FirstPosition).ThenByDescending(p => p.IsRequiredAnywhere)
            .ToList();
        var sets = metadata.Parameters.Values.SelectMany(p => p.ParameterSets.Keys).Where(s => s != ParameterAttribute.AllParameterSets).Distinct()
            .OrderBy(s => s != metadata.DefaultParameterSetName).DefaultIfEmpty(ParameterAttribute.AllParameterSets).ToArray();
        if (metadata.SupportsShouldProcess) parameters.AddRange(ParameterHelp.ShouldProcess(metadata.ConfirmImpact));
        return new CmdletHelp(
            NameOf(type),
            comments.Summary(id),
            comments.Remarks(id),
            parameters,
            [.. sets.Select(s => new SyntaxHelp(s, [.. parameters.Where(p => p.In(s)).OrderBy(p => p.Position(s)).ThenByDescending(p => p.IsRequired(s))]))],
            [.. type.GetCustomAttributes<OutputTypeAttribute>().SelectMany(a => a.Type).Select(t => new TypeHelp(t.Name, comments.Summary($"T:{t.Name}"))).DistinctBy(t => t.Name)],
            comments.Examples(id),
            comments.SeeAlso(id));
    }

    public IEnumerable<string> Gaps()
    {
        if (Synopsis.Length == 0) yield return $"{Name} has no synopsis: give its class a <summary>.";
        if (Description.Count == 0) yield return $"{Name} has no description: give its class <remarks>.";
        if (Examples.Count == 0) yield return $"{Name} has no example: give its class an <example> with <para>, <code>, <para>.";
        if (Outputs.Count == 0) yield return $"{Name} does not say what it puts out: give its class an [OutputType].";
        foreach (var example in Examples.Where(e => e.Title.Length == 0)) yield return $"{Name} has an example without a title: {example.Code}";
        foreach (var parameter in Parameters.Where(p => p.Summary.Length == 0)) yield return $"{Name} -{parameter.Name} is not described: give the property a <summary>.";
    }

    /// <summary>What the parameters hold when nobody sets them; a cmdlet that cannot be made outside of PowerShell has no defaults to show.</summary>
    private static Dictionary<string, string> Defaults(Type type)
    {
        var defaults = new Dictionary<string, string>();
        object instance;
        try
        {
            instance = Activator.CreateInstance(type)!;
        }
        catch (TargetInvocationException)
        {
            return defaults;
        }

        foreach (var property in type.GetProperties().Where(p => p.CanRead && p.GetCustomAttributes<ParameterAttribute>().Any()))
        {
            var value = property.GetCustomAttribute<PSDefaultValueAttribute>() is { } told ? told.Help ?? told.Value : property.GetValue(instance);
            var text = value switch
            {
                null => "",
                string s => s,
                IEnumerable items => string.Join(", ", items.Cast<object>()),
                _ => value.ToString()!,
            };
            if (text.Length > 0) defaults[property.Name] = text;
        }

        return defaults;
    }
}

internal sealed record SyntaxHelp(string Set, IReadOnlyList<ParameterHelp> Parameters);

internal sealed record TypeHelp(string Name, string Summary);
