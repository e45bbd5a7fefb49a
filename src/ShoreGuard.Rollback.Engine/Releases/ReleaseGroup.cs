using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>One image with all its names, before it is known what is in it.</summary>
/// <param name="Digest">The registry's; null for an image that never was in one.</param>
/// <param name="Tags">Those that mean it: the registry's, or the engine's where the registry has none for it.</param>
/// <param name="IsPublished">Whether the registry has it under one of them.</param>
/// <param name="Local">The same image on the engine.</param>
internal sealed record ReleaseGroup(string? Digest, IReadOnlyList<string> Tags, bool IsPublished, LocalImage? Local)
{
    /// <summary>What one has to ask for to get it, and nothing else.</summary>
    public string Reference(string repository) =>
        Tags.Count == 0 && Digest is null ? Local!.Id
        : new ImageReference { Repository = repository, Tag = Tags.Count > 0 ? Tags[0] : null, Digest = Digest }.ToString();

    /// <summary>Puts together what the registry and the engine have.</summary>
    /// <param name="published">The registry's tags and what they mean now; null when it could not be asked.</param>
    /// <param name="local">The engine's images of the repository.</param>
    public static IReadOnlyList<ReleaseGroup> Merge(IReadOnlyList<(string Tag, string Digest)>? published, IReadOnlyList<LocalImage> local)
    {
        var groups = (published ?? [])
            .GroupBy(entry => entry.Digest, entry => entry.Tag, StringComparer.Ordinal)
            .Select(group => new ReleaseGroup(group.Key, ReleaseTags.InOrder(group), true, local.FirstOrDefault(image => image.Digests.Contains(group.Key))))
            .ToList();
        var known = groups.Select(group => group.Local?.Id).ToHashSet(StringComparer.Ordinal);
        // Without a name of its own an image is a remnant of a build, or a layer of another one.
        groups.AddRange(local.Where(image => !known.Contains(image.Id) && (image.Tags.Count > 0 || image.Digests.Count > 0))
            .Select(image => new ReleaseGroup(image.Digests.Count > 0 ? image.Digests[0] : null, ReleaseTags.InOrder(image.Tags), false, image)));
        return groups;
    }
}

/// <summary>Where a release stands among the others.</summary>
/// <param name="Version">Of its tag, else the one built into it.</param>
/// <param name="Built">When.</param>
internal readonly record struct ReleaseRank(ReleaseVersion? Version, DateTimeOffset? Built) : IComparable<ReleaseRank>
{
    /// <summary>By version first: a repaired 0.27.1 is no newer than 0.28.0, however late it was built.</summary>
    public int CompareTo(ReleaseRank other)
    {
        var version = Comparer<ReleaseVersion?>.Default.Compare(Version, other.Version);
        return version != 0 ? version : Nullable.Compare(Built, other.Built);
    }

    /// <summary>Of an image with these names and this identity.</summary>
    public static ReleaseRank Of(IEnumerable<string> tags, string? version, DateTimeOffset? built) =>
        new(tags.Select(ReleaseTags.Version).Max() ?? ReleaseVersion.TryParse(version), built);
}
