using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>The runbook's second step: is what runs what was published?</summary>
public static class IdentityCheck
{
    /// <summary>Asks the application, the engine and the registry at the same time, and compares. What cannot be asked is part of the report.</summary>
    /// <exception cref="ShoreGuardException"><c>ExpectationMissing</c>, <c>ImageReferenceInvalid</c>, <c>EndpointInvalid</c>: the request itself
    /// makes no sense.</exception>
    public static async Task<IdentityReport> RunAsync(IdentityRequest request, IReporter reporter, CancellationToken cancellation)
    {
        if (!request.NeedsPublished && !request.ExpectsABuild)
            throw Errors.ExpectationMissing(request.Uri);
        var obstacles = new List<string>();
        var (uri, noUri) = AddressOf(request);
        var image = request.NeedsPublished ? ImageOf(request, obstacles) : null;
        var asking = noUri is null ? AskAsync(request, cancellation) : null;
        var reading = image is null ? null : ReadPublishedAsync(image, request, reporter, cancellation);
        var answered = asking is null ? (null, noUri) : await asking.ConfigureAwait(false);
        var published = reading is null ? default : await reading.ConfigureAwait(false);
        obstacles.AddRange(new[] { answered.Problem, published.Problem, RunningProblem(request.Deployment) }.OfType<string>());
        return new IdentityFindings
        {
            Request = request,
            Uri = uri,
            Image = image,
            Answered = answered.Identity,
            Running = request.Deployment?.Identity,
            Published = published.Image?.Identity,
            Labels = published.Image is { } found ? BakedIdentity.Labelled(found.Inspected) : default,
            RunningDigest = request.Deployment?.Digest,
            PublishedDigest = published.Digest,
            Obstacles = obstacles,
            CheckedAt = DateTimeOffset.UtcNow,
        }.Judge();
    }

    private static (Uri? Uri, string? Problem) AddressOf(IdentityRequest request)
    {
        // At a stopped container's address something else may answer meanwhile.
        if ((request.Uri ?? (request.Deployment is { IsRunning: false } ? null : request.Deployment?.Uri)) is { } given)
            return (Endpoint.Normalize(given), null);
        if (request.Deployment is { IsRunning: true, Route: ProbeRoute.ContainerNetwork })
            return (null, null);
        return (null, request.Deployment is { IsRunning: false }
            ? "what answers, since the container does not run"
            : "what answers, since the container publishes no port and has no address that is known here");
    }

    private static string? RunningProblem(Deployment? deployment) =>
        deployment is { Identity: null } ? "what the running image was built with, since it is no longer on the engine" : null;

    private static ImageReference? ImageOf(IdentityRequest request, List<string> obstacles)
    {
        if (request.Image is { } named)
            return ImageReference.Parse(named);
        var image = request.Deployment!.Image;
        if (!image.StartsWith("sha256:", StringComparison.Ordinal) && ImageReference.TryParse(image) is { } reference)
            return reference;
        obstacles.Add($"what was published, since the container was made from '{image}', which names no repository");
        return null;
    }

    private static async Task<(BuildIdentity? Identity, string? Problem)> AskAsync(IdentityRequest request, CancellationToken cancellation)
    {
        try
        {
            using var route = request.Uri is { } given
                ? EndpointRoute.To(given) : await EndpointRoute.ToAsync(request.Deployment!, cancellation).ConfigureAwait(false);
            return (await VersionProbe.GetAsync(route, request.Timeout, request.SkipCertificateCheck, cancellation).ConfigureAwait(false), null);
        }
        catch (ShoreGuardException error)
        {
            return (null, $"what answers: {error.Message.TrimEnd('.')}");
        }
    }

    private static async Task<(PublishedImage? Image, string? Digest, string? Problem)> ReadPublishedAsync(
        ImageReference image, IdentityRequest request, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            using var source = await ReleaseSource.OpenAsync(image.Repository, request.Deployment?.DockerHost
                ?? request.DockerHost, request.Credential, reporter, cancellation).ConfigureAwait(false);
            var registry = source.Registry ?? throw Errors.RegistryUnknown(image.Repository);
            // A pin has both: the tag says what is published now, the digest what was then.
            var digest = image.Tag is { } tag ? await registry.FindDigestAsync(tag, cancellation).ConfigureAwait(false) : image.Digest;
            if (digest is null)
                return (null, null, $"what was published: the registry has no {image.ToShortString()} (any more)");
            var published = await PublishedImage.ReadAsync(registry, image.Repository, digest, cancellation).ConfigureAwait(false);
            return published is null ? (null, digest, $"what was published: {image.ToShortString()} is no image") : (published, digest, null);
        }
        catch (ShoreGuardException error)
        {
            return (null, null, $"what was published: {error.Message.TrimEnd('.')}");
        }
    }
}
