using System.Runtime.CompilerServices;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>Lists what one can go back to.</summary>
public static class ReleaseCatalog
{
    private const int MostUnreachable = 3;

    /// <summary>The releases that match, newest first, each as soon as it has been read.</summary>
    /// <exception cref="ShoreGuardException">
    /// <c>RepositoryInvalid</c>, <c>RepositoryNotNamed</c>, <c>NoReleases</c>, <c>ReleaseNotFound</c>, <c>GitShaAmbiguous</c>,
    /// <c>NoPreviousRelease</c>, <c>RunningReleaseUnknown</c>; the registry's when there is nothing on the engine either.
    /// </exception>
    public static async IAsyncEnumerable<Release> FindAsync(ReleaseQuery query, IReporter reporter, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var repository = RepositoryOf(query);
        using var source = await ReleaseSource.OpenAsync(repository, query.Deployment?.DockerHost ?? query.DockerHost, query.Credential, reporter, cancellation)
            .ConfigureAwait(false);
        if (source.EngineObstacle is { } obstacle)
            reporter.Warning($"Cannot determine which images are on the engine. {obstacle.Message}");
        var groups = await ListAsync(source, reporter, cancellation).ConfigureAwait(false);
        var running = await FindRunningAsync(source, query, cancellation).ConfigureAwait(false);
        var releases = ReadInOrderAsync(
            source, groups, query.Deployment, new(running, query.State.Blocklist.All(), query.State.KnownGood.All()), reporter, cancellation);
        var filter = new ReleaseFilter(query);
        if (query.Choice == ReleaseChoice.All && !query.IsFiltered)
        {
            await foreach (var release in releases.ConfigureAwait(false))
                yield return release;
            yield break;
        }
        foreach (var release in await ChooseAsync(repository, query, filter, releases, reporter, cancellation).ConfigureAwait(false))
            yield return release;
    }

    /// <summary>The tags of a repository in the registry and on the engine, newest releases first, without looking at what they mean.</summary>
    public static async Task<IReadOnlyList<string>> ListTagsAsync(string repository, string? dockerHost, CancellationToken cancellation)
    {
        using var source = await ReleaseSource.OpenAsync(repository, dockerHost, null, SilentReporter.Instance, cancellation).ConfigureAwait(false);
        var tags = (await source.ListLocalAsync(cancellation).ConfigureAwait(false)).SelectMany(image => image.Tags).ToHashSet(StringComparer.Ordinal);
        try
        {
            tags.UnionWith(await source.ListTagsAsync(cancellation).ConfigureAwait(false));
        }
        catch (ShoreGuardException) when (tags.Count > 0)
        {
            // Those of the engine are better than none.
        }
        return ReleaseTags.InOrder(tags);
    }

    /// <summary>The same without the tags of blocked images. What a tag means has to be looked up for that, which is left out where nothing
    /// is blocked.</summary>
    public static async Task<IReadOnlyList<string>> ListFreeTagsAsync(StateStore state, string repository, string? dockerHost, CancellationToken cancellation)
    {
        if (state.Blocklist.All() is [])
            return await ListTagsAsync(repository, dockerHost, cancellation).ConfigureAwait(false);
        var tags = new HashSet<string>(StringComparer.Ordinal);
        var query = new ReleaseQuery { State = state, Repository = repository, DockerHost = dockerHost };
        await foreach (var release in FindAsync(query, SilentReporter.Instance, cancellation).ConfigureAwait(false))
        {
            if (!release.IsBlocked)
                tags.UnionWith(release.Tags);
        }
        return ReleaseTags.InOrder(tags);
    }

    /// <summary>Whether a tag names a release.</summary>
    public static bool IsVersion(string tag) => ReleaseTags.Version(tag) is not null;

    /// <summary>The commit's digits in a tag; null when it names none.</summary>
    public static string? CommitOf(string tag) => ReleaseTags.Commit(tag);

    private static string RepositoryOf(ReleaseQuery query)
    {
        if (query.Repository is { } named)
            return ImageReference.TryParse(named) is { } given && given.Repository == named ? named : throw Errors.RepositoryInvalid(named);
        var image = query.Deployment!.Image;
        // A container can be made from an image's id, which looks like a name and a tag.
        return !image.StartsWith("sha256:", StringComparison.Ordinal) && ImageReference.TryParse(image) is { } reference
            ? reference.Repository
            : throw Errors.RepositoryNotNamed(query.Deployment.Name, image);
    }

    private static async Task<IReadOnlyList<ReleaseGroup>> ListAsync(ReleaseSource source, IReporter reporter, CancellationToken cancellation)
    {
        var local = source.ListLocalAsync(cancellation);
        IReadOnlyList<(string, string)>? published = null;
        ShoreGuardException? obstacle = null;
        try
        {
            published = await source.ListPublishedAsync(reporter, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            obstacle = error;
        }
        var groups = ReleaseGroup.Merge(published, await local.ConfigureAwait(false));
        if (groups.Count == 0)
            throw obstacle is null ? Errors.NoReleases(source.Repository) : Errors.ReleasesUnavailable(source.Repository, obstacle);
        if (obstacle is not null)
            reporter.Warning($"Only the images on the engine are listed. {obstacle.Message} {obstacle.Recommendation}");
        return groups;
    }

    // Ids of images: the deployment's, or those of everything that runs.
    private static async Task<HashSet<string>> FindRunningAsync(ReleaseSource source, ReleaseQuery query, CancellationToken cancellation) =>
        query.Deployment is { } deployment
        ? new(deployment.IsRunning ? [deployment.ImageId, deployment.Digest ?? ""] : [], StringComparer.Ordinal)
        : new(source.Engine is null ? [] : await source.Engine.ListRunningImagesAsync(cancellation).ConfigureAwait(false), StringComparer.Ordinal);

    // Where a release's tag says its version, its place is known before it is read. The others are read first; they are few.
    private static async IAsyncEnumerable<Release> ReadInOrderAsync(
        ReleaseSource source, IReadOnlyList<ReleaseGroup> groups, Deployment? deployment, Known known, IReporter reporter,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var activity = $"Reading the releases of {source.Repository}";
        var (number, unreachable) = (0, 0);
        var named = groups.Where(group => group.Tags.Any(tag => ReleaseTags.Version(tag) is not null)).ToList();
        var others = await Concurrently.SelectAllAsync([.. groups.Except(named)], ReadAsync, cancellation).ConfigureAwait(false);
        var waiting = new Queue<Release>(others.OfType<Release>().OrderByDescending(RankOf));
        var ordered = named.OrderByDescending(group => ReleaseRank.Of(group.Tags, null, null)).ToList();
        await foreach (var release in Concurrently.SelectAsync(ordered, ReadAsync, cancellation).ConfigureAwait(false))
        {
            if (release is null)
                continue;
            while (waiting.TryPeek(out var other) && RankOf(other).CompareTo(RankOf(release)) > 0)
                yield return waiting.Dequeue();
            yield return release;
        }
        reporter.Progress(new(activity, "Done", 100, Completed: true));
        foreach (var other in waiting)
            yield return other;

        async Task<Release?> ReadAsync(ReleaseGroup group, CancellationToken token)
        {
            if (Interlocked.Increment(ref number) is var begun && begun % 16 == 0)
                reporter.Progress(new(activity, $"{begun} of {groups.Count}", 100.0 * begun / groups.Count));
            try
            {
                return await source.ReadAsync(group, token).ConfigureAwait(false) is { } image ? Describe(source, group, image, deployment, known) : null;
            }
            // One whose content is somewhere else, which does not answer, is no reason to list none; that a registry has gone, or gives nothing at all, is.
            catch (ShoreGuardException error) when (error.Id == nameof(Errors.RegistryAnswerInvalid)
                || (error.Id == nameof(Errors.RegistryUnreachable) && Interlocked.Increment(ref unreachable) <= Math.Min(MostUnreachable, groups.Count - 1)))
            {
                reporter.Warning($"{group.Reference(source.Repository)} is left out. {error.Message}");
                return null;
            }
        }
    }

    // What is known of images without looking into them: what runs, by image id and digest, and what the journal says.
    private sealed record Known(HashSet<string> Running, IReadOnlyList<BlockedImage> Blocked, IReadOnlyList<KnownGoodBuild> Good);

    private static Release Describe(ReleaseSource source, ReleaseGroup group, PublishedImage image, Deployment? deployment, Known known) => new()
    {
        Repository = source.Repository,
        Image = group.Reference(source.Repository),
        Version = image.Identity.Version,
        GitSha = image.Identity.GitSha,
        BuildTime = image.Identity.BuildTime,
        Digest = group.Digest,
        Platforms = image.Platforms,
        Tags = group.Tags,
        Size = image.Size,
        IsPublished = group.IsPublished,
        IsLocal = group.Local is not null,
        IsRunning = (group.Local is { } local && known.Running.Contains(local.Id)) || (group.Digest is { } digest && known.Running.Contains(digest)),
        Blocked = known.Blocked.FirstOrDefault(entry => Blocklist.Matches(entry, group.Digest, image.Identity.GitSha)),
        KnownGood = KnownGood.Find(known.Good, group.Digest, image.Identity.GitSha, deployment?.Database.Kind),
        Deployment = deployment,
        DockerHost = source.Engine?.Host,
    };

    private static ReleaseRank RankOf(Release release) => ReleaseRank.Of(release.Tags, release.Version, release.BuildTime);

    private static async Task<IReadOnlyList<Release>> ChooseAsync(
        string repository, ReleaseQuery query, ReleaseFilter filter, IAsyncEnumerable<Release> releases, IReporter reporter, CancellationToken cancellation)
    {
        var all = new List<Release>();
        await foreach (var release in releases.WithCancellation(cancellation).ConfigureAwait(false))
        {
            all.Add(release);
            if (query is { Choice: ReleaseChoice.Latest, GitShas: [] } && release.Tags.Any(IsVersion) && filter.Matches(release))
                break;
        }
        var matching = filter.Meant([.. all.Where(filter.Matches)]);
        if (query.IsFiltered)
            filter.Check(repository, matching, all);
        return query.Choice switch
        {
            ReleaseChoice.Latest => [.. Released(matching).Take(1)],
            ReleaseChoice.Previous => [Previous(repository, query.Deployment, all, matching, reporter)],
            _ => matching,
        };
    }

    // A build that got no version's tag is no release that anybody has decided on; where there are only such builds, they have to do.
    private static List<Release> Released(List<Release> releases)
    {
        var tagged = releases.Where(release => release.Tags.Any(IsVersion)).ToList();
        return tagged.Count > 0 ? tagged : releases;
    }

    private static Release Previous(string repository, Deployment? deployment, List<Release> all, List<Release> matching, IReporter reporter)
    {
        var running = all.Where(release => release.IsRunning).ToList();
        if (running.Count == 0 && deployment is null)
            throw Errors.NothingRuns(repository);
        var identity = deployment?.Identity;
        var tag = deployment is null ? null : ImageReference.TryParse(deployment.Image)?.Tag;
        // One that is stopped, or in no list any more, still has a version.
        var rank = running.Count > 0 ? running.Select(RankOf).Min() : ReleaseRank.Of(tag is null ? [] : [tag], identity?.Version, identity?.BuildTime);
        var name = deployment?.Name ?? repository;
        if (rank.Version is null && rank.Built is null)
            throw Errors.NoPreviousRelease(name, null);
        var earlier = matching.Where(release => release is { IsRunning: false, IsBlocked: false } && RankOf(release).CompareTo(rank) < 0).ToList();
        var kind = deployment?.Database.Kind;
        if (earlier.FirstOrDefault(release => release.KnownGood is { } mark && KnownGood.Counts(mark, kind)) is { } good)
            return good;
        var previous = Released(earlier) is [var first, ..] ? first
            : throw Errors.NoPreviousRelease(name, running.FirstOrDefault()?.ToString() ?? identity?.ToString() ?? tag);
        reporter.Warning(
            $"{previous} is not known to be good{(previous.KnownGood is { } hint ? $" with {kind}, only with {hint.Database}" : "")}: it is the next lower "
            + "version, and no "
            + "earlier release is marked. Set-ShoreGuardKnownGood marks one that is good.");
        return previous;
    }
}
