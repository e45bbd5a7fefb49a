using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine;

/// <summary>An image reference: repository, and a tag, a digest or both.</summary>
/// <remarks>Grammar: <c>distribution/reference</c> of the CNCF distribution project.</remarks>
public sealed partial record ImageReference
{
    /// <summary>Registry and path, for example <c>ghcr.io/flohofstetter/shoreguard</c>.</summary>
    public required string Repository { get; init; }
    /// <summary>The tag; null when only a digest was given.</summary>
    public string? Tag { get; init; }
    /// <summary>The digest, <c>sha256:…</c>; null when only a tag was given.</summary>
    public string? Digest { get; init; }

    /// <summary>Reads a reference; without tag and digest the tag is <c>latest</c>, as everywhere.</summary>
    /// <returns>Null when the text is no reference.</returns>
    public static ImageReference? TryParse(string? text)
    {
        var match = Grammar().Match(text ?? "");
        if (!match.Success)
            return null;
        var tag = match.Groups["tag"] is { Success: true } found ? found.Value : null;
        var digest = match.Groups["digest"] is { Success: true } hash ? hash.Value : null;
        return new() { Repository = match.Groups["repository"].Value, Tag = tag ?? (digest is null ? "latest" : null), Digest = digest };
    }

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="ShoreGuardException"><c>ImageReferenceInvalid</c>.</exception>
    public static ImageReference Parse(string text) => TryParse(text) ?? throw Errors.ImageReferenceInvalid(text);

    /// <summary>The same repository under another tag.</summary>
    public ImageReference WithTag(string tag) => new() { Repository = Repository, Tag = tag };

    /// <summary>For sentences: a tag says enough to people, and a digest alone is shortened.</summary>
    public string ToShortString() => Tag is null ? $"{Repository}@{Digest?[..19]}…" : $"{Repository}:{Tag}";

    /// <summary>As it is written: <c>repository[:tag][@digest]</c>.</summary>
    public override string ToString() => Repository + (Tag is null ? "" : $":{Tag}") + (Digest is null ? "" : $"@{Digest}");

    [GeneratedRegex(@"\A(?<repository>(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();

    /// <summary>What the engine calls the registry in <c>config.json</c>; null when it has to be asked for it.</summary>
    public static string? ServerOf(string repository) => SplitRepository(repository).Host;

    /// <summary>Docker's rule: what stands before the first slash is a host if it could be no folder.</summary>
    internal static (string? Host, string Name) SplitRepository(string repository)
    {
        var slash = repository.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return (null, repository);
        var first = repository[..slash];
        return first == "localhost"
            || first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first.Any(char.IsAsciiLetterUpper)
            ? (first, repository[(slash + 1)..])
            : (null, repository);
    }
}
