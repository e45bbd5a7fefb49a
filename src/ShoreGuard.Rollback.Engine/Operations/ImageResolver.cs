using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Finds a target in the registry or on the engine, and proves what it is.</summary>
/// <param name="engine">The engine.</param>
/// <param name="blocklist">What is blocked.</param>
/// <param name="credential">The registry credential; null for the one stored by docker login.</param>
/// <param name="reporter">Where is said how it goes.</param>
internal sealed class ImageResolver(IContainerEngine engine, Blocklist blocklist, RegistryCredential? credential, IReporter reporter)
{
    /// <summary>A target that was found but perhaps not pulled.</summary>
    /// <param name="Reference">Under which reference.</param>
    /// <param name="Digest">The registry's digest; null when the registry does not answer, and the image on the engine has to do.</param>
    public sealed record Found(ImageReference Reference, string? Digest);

    /// <summary>What can be read of a target without a pull.</summary>
    /// <param name="Inspected">The engine's description, or what the registry says in its shape; null when neither can be read.</param>
    /// <param name="IsHere">Whether it is on the engine.</param>
    /// <param name="Unread">Why it cannot be read, as a part of a sentence; null when it can.</param>
    public sealed record Seen(ImageView? Inspected, bool IsHere, string? Unread = null);

    /// <summary>An image that is on the engine and is what it says it is.</summary>
    /// <param name="Reference">Repository, tag and, for one from a registry, digest.</param>
    /// <param name="Inspected">The engine's description.</param>
    /// <param name="Identity">What it was built with.</param>
    public sealed record Verified(ImageReference Reference, ImageView Inspected, BuildIdentity Identity)
    {
        public string ImageId => Inspected.Id;
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Looks without pulling.</summary>
    /// <exception cref="ShoreGuardException"><c>ImageNotFound</c>, <c>RegistryUnreachable</c>, <c>RegistryDenied</c>.</exception>
    public async Task<Found> FindAsync(IReadOnlyList<ImageReference> candidates, CancellationToken cancellation)
    {
        ShoreGuardException? obstacle = null;
        foreach (var candidate in candidates)
        {
            try
            {
                if (await engine.FindInRegistryAsync(candidate, credential, cancellation).ConfigureAwait(false) is { } digest)
                    return new(candidate, digest);
            }
            catch (ShoreGuardException error) when (error.Id is nameof(
                Errors.RegistryUnreachable) or nameof(Errors.RegistryDenied) or nameof(Errors.PullFailed))
            {
                obstacle = error;
            }
        }
        foreach (var candidate in candidates)
        {
            if (await engine.InspectImageAsync(candidate.ToString(), cancellation).ConfigureAwait(false) is null)
                continue;
            reporter.Warning(obstacle is null
                ? $"{candidate} is on this engine but not in its registry; the local image is used."
                : $"The registry could not be asked about {candidate}; the image on this engine is used. {Errors.Reason(obstacle)}.");
            return new(candidate, null);
        }
        throw obstacle ?? Errors.ImageNotFound(candidates[0].ToString(), await NearestAsync(candidates[0], cancellation).ConfigureAwait(false));
    }

    /// <summary>Reads a target without pulling: on the engine where it is there, else in its registry, which is asked from here, for the platform of the
    /// image that runs.</summary>
    public async Task<Seen> ReadAsync(Found found, ImageView? currentImage, CancellationToken cancellation)
    {
        var exact = found.Digest is null ? found.Reference.ToString() : $"{found.Reference.Repository}@{found.Digest}";
        if (await engine.InspectImageAsync(exact, cancellation).ConfigureAwait(false) is { } here)
            return new(here, IsHere: true);
        // A registry that wants to be left alone for a while is no reason to wait: the pull will tell.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            var repository = found.Reference.Repository;
            using var source = await ReleaseSource.OpenAsync(repository, engine.Host, credential, SilentReporter.Instance, patience.Token)
                .ConfigureAwait(false);
            var registry = source.Registry ?? throw Errors.RegistryUnknown(repository);
            var platform = currentImage is null ? null : currentImage.Platform;
            var published = await PublishedImage.ReadAsync(registry, repository, found.Digest!, patience.Token, platform).ConfigureAwait(false);
            return published is null ? new(null, false, "the registry has no image's configuration for it") : new(published.Inspected, IsHere: false);
        }
        catch (ShoreGuardException error)
        {
            return new(null, false, Errors.Reason(error));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(null, false, $"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Refuses an image that is for another platform, is not what it says it is, or was built from a commit that is blocked.</summary>
    /// <exception cref="ShoreGuardException"><c>ImagePlatformMismatch</c>, <c>ImageIdentityMismatch</c>, <c>ImageBlocked</c>.</exception>
    public void Require(ImageView image, Found found, ImageTarget target, ImageView currentImage)
    {
        var reference = found.Reference.ToString();
        var (theirs, ours) = (image.Platform, currentImage.Platform);
        if (theirs != ours)
            throw Errors.ImagePlatform(reference, theirs, ours);
        var differences = BakedIdentity.Differences(image, target.Version?.TrimStart('v'), target.Commit);
        if (differences.Count > 0 && !target.RanBefore)
            throw Errors.BakedIdentityMismatch(reference, differences);
        if (!target.RanBefore && blocklist.Find(DigestOf(found, image), BakedIdentity.Read(image, reference).GitSha) is [var blocked, ..])
            throw Errors.ImageBlocked(reference, blocked);
    }

    /// <summary>The registry's digest of a target: the one it was found by, else the one it came to the engine with; null for an image that was never
    /// in a registry.</summary>
    public static string? DigestOf(Found found, ImageView? image) => found.Digest ?? found.Reference.Digest ?? image?.RepoDigests
        .FirstOrDefault(known => known.StartsWith(found.Reference.Repository + "@", StringComparison.Ordinal))?.Split('@')[1];

    /// <summary>Pulls what is missing, and refuses what is not what it has to be: what could not be read without the pull is looked at now.</summary>
    /// <exception cref="ShoreGuardException">Those of <see cref="Require"/>, and the pull's.</exception>
    public async Task<Verified> PullAndVerifyAsync(Found found, ImageTarget target, ImageView currentImage, CancellationToken cancellation)
    {
        var image = await engine.InspectImageAsync(found.Reference.ToString(), cancellation).ConfigureAwait(false);
        if (found.Digest is not null && (image is null || !image.RepoDigests.Contains($"{found.Reference.Repository}@{found.Digest}")))
        {
            await engine.PullAsync(found.Reference, credential, reporter, cancellation).ConfigureAwait(false);
            image = await engine.InspectImageAsync(found.Reference.ToString(), cancellation).ConfigureAwait(false);
        }
        if (image is null)
            throw Errors.ImageNotFound(found.Reference.ToString(), []);
        Require(image, found, target, currentImage);
        return new(found.Reference with { Digest = DigestOf(found, image) }, image, BakedIdentity.Read(image, found.Reference.ToString()));
    }

    // Two releases on either side of a version; for anything else, the newest ones.
    private async Task<IReadOnlyList<string>> NearestAsync(ImageReference image, CancellationToken cancellation)
    {
        var tags = await engine.ListTagsAsync(image.Repository, cancellation).ConfigureAwait(false);
        var releases = tags.Where(tag => ReleaseTags.Version(tag) is not null).OrderByDescending(ReleaseTags.Version).ToList();
        if (image.Tag is not { } asked || ReleaseTags.Version(asked) is not { } wanted)
            return [.. releases.Take(4)];
        return
        [
            .. releases.Where(tag => ReleaseTags.Version(tag)!.CompareTo(wanted) > 0).TakeLast(2),
            .. releases.Where(tag => ReleaseTags.Version(tag)!.CompareTo(wanted) < 0).Take(2),
        ];
    }
}
