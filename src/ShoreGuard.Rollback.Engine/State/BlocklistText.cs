using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>The text of a shared blocklist: one JSON object a line, the lines in order and each with its properties in the same order, so that two branches
/// of a repository merge well. A line that cannot be read is never passed over: it might be the one that blocks.</summary>
internal static partial class BlocklistText
{
    // A reason is a sentence or two.
    private const int LongestLine = 64 * 1024;

    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    private static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Names = ["gitSha", "digest", "version", "image", "reason", "blockedAt", "blockedBy"];

    /// <summary>An entry.</summary>
    /// <param name="Image">What it says.</param>
    /// <param name="Others">What a newer version of this module says besides, which is kept.</param>
    public sealed record Line(BlockedImage Image, IReadOnlyDictionary<string, string> Others)
    {
        /// <summary>One that has nothing besides.</summary>
        public Line(BlockedImage image) : this(image, new Dictionary<string, string>())
        {
        }
    }

    /// <summary>The entries.</summary>
    /// <param name="path">The file, for the words.</param>
    /// <param name="content">Its bytes.</param>
    /// <exception cref="ShoreGuardException"><c>BlocklistUnreadable</c>, with the number of the first line that cannot be read.</exception>
    public static IReadOnlyList<Line> Read(string path, ReadOnlyMemory<byte> content)
    {
        var lines = new List<Line>();
        // An editor may have put one there; it is not written again.
        var rest = content.Span.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content;
        for (var number = 1; rest.Length > 0; number++)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
                continue;
            try
            {
                lines.Add(ReadLine(line, path));
            }
            catch (Exception error) when (error is JsonException or FormatException)
            {
                throw Errors.BlocklistUnreadable(path, number, WhatElse(line.Span) ?? (error is FormatException ? error.Message : NotJson));
            }
        }
        return lines;
    }

    /// <summary>The text of entries.</summary>
    public static byte[] Write(IEnumerable<Line> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines.Select(WriteLine).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            text.Append(line).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string WriteLine(Line line)
    {
        var image = line.Image;
        var at = image.BlockedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        string?[] values = [image.GitSha, image.Digest, image.Version, image.Image, image.Reason, at, image.BlockedBy];
        var known = Names.Zip(values).Where(each => each.Second is not null)
            .Select(each => $"\"{each.First}\":{JsonSerializer.Serialize(each.Second, Format)}");
        var others = line.Others.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{JsonSerializer.Serialize(each.Key, Format)}:{each.Value}");
        return $"{{{string.Join(',', known.Concat(others))}}}";
    }

    private static Line ReadLine(ReadOnlyMemory<byte> line, string path)
    {
        if (line.Length > LongestLine)
            throw new FormatException($"it is longer than {LongestLine / 1024} KiB");
        if (Json.Parse(line) is not JsonObject json)
            throw new FormatException("it is no JSON object");
        var image = new BlockedImage
        {
            GitSha = Text(json, "gitSha", CommitDigits.IsWhatMarks, "seven hexadecimal digits or more")?.ToLowerInvariant(),
            Digest = Text(json, "digest", DigestForm().IsMatch, "sha256: and 64 hexadecimal digits"),
            Version = Text(json, "version"),
            Image = Text(json, "image"),
            Reason = Text(json, "reason") ?? throw new FormatException("it has no reason"),
            BlockedAt = DateTimeOffset.TryParse(Text(json, "blockedAt"), CultureInfo.InvariantCulture, Utc, out var at)
                ? at : throw new FormatException("its blockedAt is no time"),
            BlockedBy = Text(json, "blockedBy") ?? throw new FormatException("it has no blockedBy"),
            BlocklistPath = path,
        };
        if ((image.GitSha ?? image.Digest) is null)
            throw new FormatException("it has neither a digest nor a gitSha, by which an image is known");
        var others = json.Where(each => !Names.Contains(each.Key)).ToDictionary(each => each.Key, each => each.Value?.ToJsonString(Format) ?? "null");
        return new(image, others);
    }

    private static string? Text(JsonObject json, string name, Predicate<string>? isOne = null, string form = "a text") => json[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) && isOne?.Invoke(text) != false => text,
        _ => throw new FormatException($"its {name} is not {form}"),
    };

    private const string NotJson = "it is no JSON in which every name occurs once";

    // What a person knows by another name than JSON's.
    private static string? WhatElse(ReadOnlySpan<byte> line) =>
        line.StartsWith("<<<<<<<"u8) || line.StartsWith("======="u8) || line.StartsWith(">>>>>>>"u8) || line.StartsWith("|||||||"u8)
            ? "it is a mark of a merge conflict" : null;

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex DigestForm();
}
