using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>Finds a target in the registry or on the engine, and proves what it is.</summary>
/// <param name="engine">The engine.</param>
/// <param name="credential">The registry credential; null for the one stored by docker login.</param>
/// <param name="reporter">Where is said how it goes.</param>
internal sealed class ImageResolver(DockerEngine engine, RegistryCredential? credential, IReporter reporter)
{
    /// <summary>A target that was found but perhaps not pulled.</summary>
    /// <param name="Reference">Under which reference.</param>
    /// <param name="Digest">The registry's digest; null when the registry does not answer, and the image on the engine has to do.</param>
    public sealed record Found(ImageReference Reference, string? Digest);

    /// <summary>An image that is on the engine and is what it says it is.</summary>
    /// <param name="Reference">Repository, tag and, for one from a registry, digest.</param>
    /// <param name="Inspected">The engine's description.</param>
    /// <param name="Identity">What it was built with.</param>
    public sealed record Verified(ImageReference Reference, JsonObject Inspected, BuildIdentity Identity)
    {
        public string ImageId => Inspected.Text("Id")!;
    }

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
            catch (ShoreGuardException error) when (error.Id is "RegistryUnreachable" or "RegistryDenied" or "PullFailed")
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

    /// <summary>Pulls what is missing, and compares what the image was built with to its labels and to what was asked for.</summary>
    /// <exception cref="ShoreGuardException"><c>ImageIdentityMismatch</c>, <c>ImagePlatformMismatch</c>, and the pull's.</exception>
    public async Task<Verified> PullAndVerifyAsync(Found found, ImageTarget target, JsonObject currentImage, CancellationToken cancellation)
    {
        var image = await engine.InspectImageAsync(found.Reference.ToString(), cancellation).ConfigureAwait(false);
        if (found.Digest is not null && (image is null || !image.Texts("RepoDigests").Contains($"{found.Reference.Repository}@{found.Digest}")))
        {
            await engine.PullAsync(found.Reference, credential, reporter, cancellation).ConfigureAwait(false);
            image = await engine.InspectImageAsync(found.Reference.ToString(), cancellation).ConfigureAwait(false);
        }
        if (image is null)
            throw Errors.ImageNotFound(found.Reference.ToString(), []);
        var (theirs, ours) = (Platform(image), Platform(currentImage));
        if (theirs != ours)
            throw Errors.ImagePlatform(found.Reference.ToString(), theirs, ours);
        var differences = BakedIdentity.Differences(image, target.Version?.TrimStart('v'), target.Commit);
        if (differences.Count > 0 && !target.RanBefore)
            throw Errors.BakedIdentityMismatch(found.Reference.ToString(), differences);
        var digest = found.Reference.Digest ?? image.Texts("RepoDigests")
            .FirstOrDefault(known => known.StartsWith(found.Reference.Repository + "@", StringComparison.Ordinal))?.Split('@')[1];
        return new(found.Reference with { Digest = digest }, image, BakedIdentity.Read(image, found.Reference.ToString()));
    }

    private static string Platform(JsonObject image) => $"{image.Text("Os")}/{image.Text("Architecture")}";

    // Two releases on either side of a version; for anything else, the newest ones.
    private async Task<IReadOnlyList<string>> NearestAsync(ImageReference image, CancellationToken cancellation)
    {
        var tags = await engine.ListTagsAsync(image.Repository, cancellation).ConfigureAwait(false);
        var releases = tags.Select(Release).OfType<Version>().OrderDescending().ToList();
        if (Release(image.Tag) is not { } wanted)
            return [.. releases.Take(4).Select(release => release.ToString())];
        var nearest = releases.Where(release => release > wanted).TakeLast(2).Concat(releases.Where(release => release < wanted).Take(2));
        return [.. nearest.Select(release => release.ToString())];
    }

    private static Version? Release(string? tag) => Version.TryParse(tag, out var version) && version.Build >= 0 ? version : null;
}
