using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>A YAML file as a tree and as the text it was read from, so that a part of the text can be changed and nothing else.</summary>
internal sealed class YamlText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly byte[] _bytes;
    private readonly int _mark;
    private readonly string _text;
    private readonly HashSet<string> _aliases;

    private YamlText(string path, byte[] bytes)
    {
        Path = path;
        _bytes = bytes;
        _mark = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        _text = Strict.GetString(bytes, _mark, bytes.Length - _mark);
        _aliases = YamlLimits.Check(_text);
        var stream = new YamlStream();
        stream.Load(new StringReader(_text));
        Roots = [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The root of each of its documents.</summary>
    public IReadOnlyList<YamlNode> Roots { get; }

    /// <summary>Reads it from its bytes.</summary>
    /// <exception cref="ShoreGuardException"><c>ComposeFileUnreadable</c>.</exception>
    public static YamlText Parse(string path, byte[] bytes)
    {
        try
        {
            return new(path, bytes);
        }
        catch (YamlException error)
        {
            throw Errors.ComposeFileUnreadable(path, $"line {error.Start.Line}: {Errors.Reason(error)}", error);
        }
        catch (DecoderFallbackException error)
        {
            throw Errors.ComposeFileUnreadable(path, "it is not UTF-8", error);
        }
        // Of some texts that are no YAML the parser does not say so in its own way.
        catch (Exception error)
            when (error is ArgumentException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException
                or NullReferenceException)
        {
            throw Errors.ComposeFileUnreadable(path, "it is not YAML", error);
        }
    }

    /// <summary>Whether another place of the file refers to this one, and would change with it.</summary>
    public bool IsShared(YamlNode node) => !node.Anchor.IsEmpty && _aliases.Contains(node.Anchor.Value);

    /// <summary>The white space before a node, if there is nothing else on its line; null where there is.</summary>
    public string? IndentOf(YamlNode node)
    {
        var start = (int)node.Start.Index;
        var line = _text.LastIndexOf('\n', Math.Max(start - 1, 0)) + 1;
        return start >= line && _text.AsSpan(line, start - line).IsWhiteSpace() ? _text[line..start] : null;
    }

    /// <summary>How its lines end.</summary>
    public string LineEnd => _text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    /// <summary>The file's bytes with a node's own text replaced; every other byte stays.</summary>
    public byte[] Replace(YamlNode node, string text) => Splice((int)node.Start.Index, (int)node.End.Index, text);

    /// <summary>The file's bytes with a text put before a node.</summary>
    public byte[] InsertBefore(YamlNode node, string text) => Splice((int)node.Start.Index, (int)node.Start.Index, text);

    private byte[] Splice(int start, int end, string text)
    {
        var (from, to) = (_mark + Strict.GetByteCount(_text.AsSpan(0, start)), _mark + Strict.GetByteCount(_text.AsSpan(0, end)));
        return [.. _bytes.AsSpan(0, from), .. Strict.GetBytes(text), .. _bytes.AsSpan(to)];
    }
}
