using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>Where to go back to, as the operator named it: exactly one of the three.</summary>
public sealed record ImageTarget
{
    /// <summary>A release, such as <c>0.27.0</c>.</summary>
    public string? Version { get; init; }
    /// <summary>A commit, four hexadecimal digits or more.</summary>
    public string? GitSha { get; init; }
    /// <summary>A whole image reference.</summary>
    public string? Image { get; init; }

    /// <summary>The references under which the target may be found, best first.</summary>
    /// <remarks>ShoreGuard's release workflow tags a commit as <c>sha-</c> and seven digits; its runbook says the seven digits alone.</remarks>
    /// <exception cref="ShoreGuardException"><c>ImageReferenceInvalid</c>.</exception>
    internal IReadOnlyList<ImageReference> Candidates(ImageReference current)
    {
        if (Image is not null)
            return [ImageReference.Parse(Image)];
        if (Version is not null)
            return [current.WithTag(Version.TrimStart('v'))];
        var digits = GitSha!.ToLowerInvariant();
        var sha = digits.StartsWith("sha-", StringComparison.Ordinal) ? digits[4..] : digits;
        var shortened = sha.Length > 7 ? sha[..7] : sha;
        return [current.WithTag($"sha-{shortened}"), current.WithTag(shortened)];
    }

    /// <summary>The commit's digits without the tag's prefix.</summary>
    internal string? Commit => GitSha?.ToLowerInvariant() is { } sha ? sha.StartsWith("sha-", StringComparison.Ordinal) ? sha[4..] : sha : null;

    /// <inheritdoc/>
    public override string ToString() => Version ?? GitSha ?? Image ?? "";
}
