using YamlDotNet.RepresentationModel;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>Where a project's files use a variable beside the <c>image:</c> of one service.</summary>
/// <param name="IsInEnvironment">Whether the service's own <c>environment:</c>, <c>env_file:</c> or <c>labels:</c> give it to the container.</param>
/// <param name="Elsewhere">All other places, such as <c>services.ui.image</c> or <c>volumes.data</c>: what stands there would change with the variable.</param>
internal sealed record VariableUses(bool IsInEnvironment, IReadOnlyList<string> Elsewhere)
{
    /// <summary>Finds them.</summary>
    /// <param name="files">The project's files.</param>
    /// <param name="own">The service, and what it extends.</param>
    /// <param name="variables">The variable, and those that are set by it.</param>
    /// <param name="isSameImage">Whether the text of another service's <c>image:</c> stands for the same image, so that what is right for one is
    /// right for both.</param>
    public static VariableUses Find(
        IEnumerable<YamlText> files, IReadOnlyList<YamlMappingNode> own, IReadOnlySet<string> variables, Func<string, bool> isSameImage) =>
        new Search(variables, isSameImage).Run(files, own);

    private sealed class Search(IReadOnlySet<string> variables, Func<string, bool> isSameImage)
    {
        private readonly Dictionary<YamlNode, bool> _known = new(ReferenceEqualityComparer.Instance);
        private readonly SortedSet<string> _elsewhere = new(StringComparer.Ordinal);
        private bool _isInEnvironment;

        public VariableUses Run(IEnumerable<YamlText> files, IReadOnlyList<YamlMappingNode> own)
        {
            foreach (var node in own)
                LookAtOwn(node);
            foreach (var (section, value) in files.SelectMany(file => file.Roots).OfType<YamlMappingNode>().SelectMany(Entries))
            {
                // What stands under another key counts where an alias refers to it, and is in the tree there.
                if (section is not ("name" or "include" or "services" or "networks" or "volumes" or "secrets" or "configs" or "models"))
                    continue;
                if (value is not YamlMappingNode parts)
                    Note(section, value);
                else
                    LookAt(section, parts, own);
            }
            return new(_isInEnvironment, [.. _elsewhere]);
        }

        private void LookAt(string section, YamlMappingNode parts, IReadOnlyList<YamlMappingNode> own)
        {
            foreach (var (name, part) in Entries(parts).Where(entry => !own.Contains(entry.Value, ReferenceEqualityComparer.Instance)))
            {
                if (section == "services" && part is YamlMappingNode service)
                    LookAtOther(name, service);
                else
                    Note($"{section}.{name}", part);
            }
        }

        private void LookAtOwn(YamlMappingNode service)
        {
            foreach (var (key, value) in Entries(service))
            {
                if (key is "environment" or "labels")
                    _isInEnvironment |= IsUsedIn(value) || (key == "environment" && IsPassedOn(value));
                else if (key is not "image")
                    Note(key, value);
            }
        }

        private void LookAtOther(string name, YamlMappingNode service)
        {
            foreach (var (key, value) in Entries(service))
            {
                if (key == "environment" && IsPassedOn(value))
                    _elsewhere.Add($"services.{name}.{key}");
                else if (key != "image" || ComposeService.Text(value) is not { } image || !isSameImage(image))
                    Note($"services.{name}.{key}", value);
            }
        }

        private void Note(string place, YamlNode value)
        {
            if (IsUsedIn(value))
                _elsewhere.Add(place);
        }

        // Those of a merge key are the mapping's own.
        private static IEnumerable<(string Key, YamlNode Value)> Entries(YamlMappingNode mapping) =>
            from entry in mapping.Children
            from found in (entry.Key as YamlScalarNode)?.Value switch
            {
                null => [],
                "<<" => entry.Value switch
                {
                    YamlMappingNode one => Entries(one),
                    YamlSequenceNode several => several.Children.OfType<YamlMappingNode>().SelectMany(Entries),
                    _ => [],
                },
                var key => [(key, entry.Value)],
            }
            select found;

        // A name without a value takes the variable's of the same name.
        private bool IsPassedOn(YamlNode environment) => environment switch
        {
            YamlMappingNode map =>
                Entries(map).Any(entry => variables.Contains(entry.Key)
                && entry.Value is YamlScalarNode { Value: null or "" or "~" or "null", Style: YamlDotNet.Core.ScalarStyle.Plain }),
            YamlSequenceNode list => list.Children.OfType<YamlScalarNode>().Any(item => variables.Contains(item.Value ?? "")),
            _ => false,
        };

        private bool IsUsedIn(YamlNode node)
        {
            if (_known.TryGetValue(node, out var known))
                return known;
            _known[node] = false;
            return _known[node] = node switch
            {
                YamlScalarNode { Value: { } text } => VariableUses.IsUsedIn(text, variables),
                YamlSequenceNode list => list.Children.Any(IsUsedIn),
                YamlMappingNode map => map.Children.Any(entry => IsUsedIn(entry.Key) || IsUsedIn(entry.Value)),
                _ => false,
            };
        }
    }

    /// <summary>Whether a text refers to one of some variables, a text that is not well formed included.</summary>
    public static bool IsUsedIn(string text, IReadOnlySet<string> variables)
    {
        try
        {
            return text.Contains('$', StringComparison.Ordinal)
                && Interpolation.Split(text)
                    .Any(piece => piece.Variable is not null && (variables.Contains(piece.Variable) || IsUsedIn(piece.Text, variables)));
        }
        catch (FormatException)
        {
            return variables.Any(variable => text.Contains(variable, StringComparison.Ordinal));
        }
    }
}
