namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>Which releases match what an operator wrote.</summary>
internal sealed class ReleaseFilter
{
    private readonly ReleaseQuery _query;
    private readonly Func<string, bool> _version;
    private readonly Func<string, bool> _commit;

    public ReleaseFilter(ReleaseQuery query)
    {
        _query = query;
        _version = NamePattern.AnyOf([.. query.Versions.Select(Bare)]);
        // Digits mean every commit that begins with them.
        _commit = NamePattern.AnyOf([.. query.GitShas.Select(ReleaseTags.Digits).Select(text => NamePattern.IsPattern(text) ? text : text + "*")]);
    }

    public bool Matches(Release release) =>
        (_query.Versions.Count == 0
            || release.Tags.Append(release.Version ?? "").Where(text => ReleaseTags.Commit(text) is null).Any(text => _version(Bare(text))))
        && (_query.GitShas.Count == 0 || Commits(release).Any(_commit));

    /// <summary>Of those that match: where an image has the very tag that was asked for, others with the same version built in are not meant.</summary>
    public List<Release> Meant(List<Release> matching)
    {
        if (_query.Versions.Count == 0 || _query.Versions.Any(NamePattern.IsPattern))
            return matching;
        var tagged = _query.Versions.Select(Bare).Where(version => matching.Any(release => HasTag(release, version))).ToList();
        return [.. matching.Where(release =>
            tagged.Any(version => HasTag(release, version)) || !tagged.Contains(release.Version ?? "", StringComparer.OrdinalIgnoreCase))];
    }

    private static bool HasTag(Release release, string version) => release.Tags.Any(tag => Bare(tag).Equals(version, StringComparison.OrdinalIgnoreCase));

    /// <summary>Refuses digits that several commits begin with, and names that nothing has.</summary>
    /// <exception cref="ShoreGuardException"><c>GitShaAmbiguous</c>, <c>ReleaseNotFound</c>.</exception>
    public void Check(string repository, IReadOnlyList<Release> matching, IReadOnlyList<Release> all)
    {
        foreach (var digits in _query.GitShas.Select(ReleaseTags.Digits).Where(text => !NamePattern.IsPattern(text)))
        {
            var found = matching.Where(release => Commits(release).Any(commit => commit.StartsWith(digits, StringComparison.Ordinal))).ToList();
            // An image may be built twice from one commit; that is one commit.
            if (found.DistinctBy(release => CommitOf(release, digits)[..Math.Min(7, CommitOf(release, digits).Length)]).Count() > 1)
                throw Errors.GitShaAmbiguous(
                    repository, digits, [.. found.Select(release => $"{Short(CommitOf(release, digits))} ({release.Version ?? "no version"})")]);
        }
        if (matching.Count == 0 && _query.Versions.Concat(_query.GitShas).All(text => !NamePattern.IsPattern(text)))
            throw Errors.ReleaseNotFound(
                repository, string.Join(", ", _query.Versions.Concat(_query.GitShas)), [.. all.Take(4).Select(release => release.ToString())]);
    }

    private static IEnumerable<string> Commits(Release release) =>
        release.Tags.Select(ReleaseTags.Commit).Append(release.GitSha?.ToLowerInvariant()).OfType<string>();

    private static string CommitOf(Release release, string digits) =>
        Commits(release).Where(commit => commit.StartsWith(digits, StringComparison.Ordinal)).MaxBy(commit => commit.Length)!;

    private static string Short(string commit) => commit.Length > 12 ? commit[..12] : commit;

    private static string Bare(string version) => version.Length > 1 && version[0] is 'v' or 'V' && char.IsAsciiDigit(version[1]) ? version[1..] : version;
}
