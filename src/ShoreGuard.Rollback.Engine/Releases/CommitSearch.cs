using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>Finds the tag of a commit by fewer digits than the tag has.</summary>
internal static class CommitSearch
{
    /// <summary>The one tag, of the registry or, where that cannot be asked, of the engine.</summary>
    /// <exception cref="ShoreGuardException"><c>GitShaAmbiguous</c>, <c>ImageNotFound</c>; the registry's when the engine has no such tag.</exception>
    public static async Task<string> FindTagAsync(
        IContainerEngine engine, string repository, string digits, RegistryCredential? credential, IReporter reporter, CancellationToken cancellation)
    {
        var tags = (await engine.ListTagsAsync(repository, cancellation).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        ShoreGuardException? obstacle = null;
        try
        {
            using var source = await ReleaseSource.OpenAsync(repository, engine.Host, credential, reporter, cancellation).ConfigureAwait(false);
            tags.UnionWith(await source.ListTagsAsync(cancellation).ConfigureAwait(false));
        }
        catch (ShoreGuardException error)
        {
            obstacle = error;
        }
        var found = ReleaseTags.Beginning(tags, digits);
        if (found.Count > 1)
            throw Errors.GitShaAmbiguous(repository, digits, [.. found.Select(entry => entry.Commit)]);
        if (found.Count == 0)
            throw obstacle ?? Errors.ImageNotFound($"{repository}:sha-{digits}", []);
        if (obstacle is not null)
            reporter.Warning($"Cannot determine whether another commit begins with {digits}. {obstacle.Message}");
        return found[0].Tag;
    }
}
