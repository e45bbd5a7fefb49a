using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>What a YAML file may be for a tree to be made of it: one that is nested deep enough ends the process, and a few aliases of aliases have
/// more nodes than there is time for.</summary>
/// <remarks>Goes over the file's events, which takes neither depth nor the nodes that an alias stands for.</remarks>
internal static class YamlLimits
{
    private const int Deepest = 100;
    private const long MostNodes = 250_000;

    /// <summary>Checks a file.</summary>
    /// <returns>The names of the anchors that aliases refer to. The tree has the nodes themselves in their place.</returns>
    /// <exception cref="YamlException">It is no YAML, or passes a limit.</exception>
    public static HashSet<string> Check(string text)
    {
        var aliases = new HashSet<string>(StringComparer.Ordinal);
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        var open = new Stack<(string? Anchor, long Nodes)>();
        var all = 0L;
        var parser = new Parser(new StringReader(text));
        while (parser.MoveNext())
        {
            switch (parser.Current)
            {
                case AnchorAlias alias:
                    aliases.Add(alias.Value.Value);
                    if (open.Any(around => around.Anchor == alias.Value.Value))
                        throw Refused(alias, $"the alias *{alias.Value} is inside what it stands for");
                    Count(alias, sizes.GetValueOrDefault(alias.Value.Value, 1));
                    break;
                case MappingStart or SequenceStart:
                    var node = (NodeEvent)parser.Current;
                    if (open.Count == Deepest)
                        throw Refused(node, $"it is nested more than {Deepest} deep");
                    open.Push((node.Anchor.IsEmpty ? null : node.Anchor.Value, 1));
                    break;
                case MappingEnd or SequenceEnd:
                    var (anchor, nodes) = open.Pop();
                    if (anchor is not null)
                        sizes[anchor] = nodes;
                    Count(parser.Current, nodes);
                    break;
                case Scalar scalar:
                    if (!scalar.Anchor.IsEmpty)
                        sizes[scalar.Anchor.Value] = 1;
                    Count(scalar, 1);
                    break;
            }
        }
        return aliases;

        void Count(ParsingEvent at, long nodes)
        {
            if (open.TryPop(out var around))
                open.Push((around.Anchor, nodes += around.Nodes));
            else
                all += nodes;
            if (nodes > MostNodes || all > MostNodes)
                throw Refused(at, $"it has more than {MostNodes:#,0} entries, those that its aliases stand for included");
        }
    }

    private static YamlException Refused(ParsingEvent at, string why) => new(at.Start, at.End, why);
}
