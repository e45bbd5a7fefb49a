using ShoreGuard.Rollback.Engine.Releases;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Where to go back to, as the operator named it: exactly one of the three.</summary>
public sealed record ImageTarget
{
    private const int TagDigits = 7;

    /// <summary>A release, such as <c>0.27.0</c>.</summary>
    public string? Version { get; init; }
    /// <summary>A commit, four hexadecimal digits or more.</summary>
    public string? GitSha { get; init; }
    /// <summary>A whole image reference.</summary>
    public string? Image { get; init; }

    /// <summary>Whether it ran here before the rollback that is undone: then it is put back as it was, whatever its labels say, and although that
    /// rollback has blocked it.</summary>
    internal bool RanBefore { get; init; }

    /// <summary>The references under which the target may be found, best first.</summary>
    /// <remarks>ShoreGuard's release workflow tags a commit as <c>sha-</c> and seven digits; its runbook says the seven digits alone.</remarks>
    /// <exception cref="ShoreGuardException"><c>ImageReferenceInvalid</c>.</exception>
    internal IReadOnlyList<ImageReference> Candidates(ImageReference current)
    {
        if (Image is not null)
            return [ImageReference.Parse(Image)];
        if (Version is not null)
            return [current.WithTag(Version.TrimStart('v'))];
        var sha = Commit!;
        var shortened = sha.Length > TagDigits ? sha[..TagDigits] : sha;
        return [current.WithTag($"sha-{shortened}"), current.WithTag(shortened)];
    }

    /// <summary>The commit's digits without the tag's prefix.</summary>
    internal string? Commit => GitSha is null ? null : ReleaseTags.Digits(GitSha);

    /// <summary>Whether the commit is written with fewer digits than its tag has, so that the tag has to be looked for.</summary>
    internal bool IsPrefix => Image is null && Version is null && Commit!.Length < TagDigits;

    /// <inheritdoc/>
    public override string ToString() => Version ?? GitSha ?? Image ?? "";
}
