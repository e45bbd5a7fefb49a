using System.Management.Automation;
using System.Reflection;

namespace ShoreGuard.HelpBuilder;

/// <summary>One parameter, in all of its parameter sets.</summary>
internal sealed record ParameterHelp(
    string Name, string Summary, string Type, bool IsSwitch, string Default, bool Wildcards, IReadOnlyList<string> Aliases, IReadOnlyList<string> Values)
{
    private Dictionary<string, ParameterSetMetadata> Sets { get; init; } = [];

    public bool ByValue => Sets.Values.Any(s => s.ValueFromPipeline);

    public string PipelineInput => (ByValue, Sets.Values.Any(s => s.ValueFromPipelineByPropertyName)) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    public static ParameterHelp Read(PropertyInfo property, ParameterMetadata metadata, Dictionary<string, string> defaults, Comments comments)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var element = type.IsArray ? type.GetElementType()! : type;
        var values = metadata.Attributes.OfType<ValidateSetAttribute>().SelectMany(v => v.ValidValues)
            .Concat(element.IsEnum ? Enum.GetNames(element) : []);
        return new ParameterHelp(
            metadata.Name,
            comments.Summary($"P:{property.DeclaringType!.FullName}.{property.Name}"),
            type.Name,
            metadata.SwitchParameter,
            defaults.GetValueOrDefault(metadata.Name, "None"),
            property.GetCustomAttribute<SupportsWildcardsAttribute>() is not null,
            [.. metadata.Aliases],
            [.. values])
        {
            Sets = metadata.ParameterSets,
        };
    }

    public static IEnumerable<ParameterHelp> ShouldProcess(ConfirmImpact impact)
    {
        var sets = new Dictionary<string, ParameterSetMetadata>();
        yield return new("WhatIf", "Shows what would happen and changes nothing.", "SwitchParameter", true, "False", false, ["wi"], []) { Sets = sets };
        yield return new(
            "Confirm",
            impact == ConfirmImpact.High ? "Asks before anything is changed. That is the default: `-Confirm:$false` does not ask." : "Asks before anything is changed.",
            "SwitchParameter", true, impact == ConfirmImpact.High ? "True" : "False", false, ["cf"], [])
        { Sets = sets };
    }

    public bool In(string set) => Sets.Count == 0 || Set(set) is not null;

    public bool IsRequired(string set) => Set(set)?.IsMandatory ?? false;

    public bool IsRequiredAnywhere => Sets.Values.Any(s => s.IsMandatory);

    /// <summary>The position in a set; <see cref="int.MaxValue"/> for a parameter that is given by name only.</summary>
    public int Position(string set) => Set(set) is { Position: >= 0 and var position } ? position : int.MaxValue;

    /// <summary>The first of its positions; <see cref="int.MaxValue"/> for a parameter that is given by name only.</summary>
    public int FirstPosition => Sets.Keys.Select(Position).DefaultIfEmpty(int.MaxValue).Min();

    public string PositionText(string? set = null)
    {
        var position = set is null ? FirstPosition : Position(set);
        return position == int.MaxValue ? "named" : position.ToString();
    }

    private ParameterSetMetadata? Set(string set) =>
        Sets.GetValueOrDefault(set) ?? Sets.GetValueOrDefault(ParameterAttribute.AllParameterSets);
}
