using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases.Registry;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>A repository, in its registry and on an engine; either may be out of reach.</summary>
internal sealed class ReleaseSource : IDisposable
{
    private ReleaseSource(string repository, IContainerEngine? engine, ShoreGuardException? engineObstacle)
    {
        Repository = repository;
        Engine = engine;
        EngineObstacle = engineObstacle;
    }

    public string Repository { get; }
    /// <summary>Null when it cannot be reached.</summary>
    public IContainerEngine? Engine { get; }
    public ShoreGuardException? EngineObstacle { get; }
    /// <summary>Null when nobody knows where it is.</summary>
    public RegistryClient? Registry { get; private set; }

    /// <summary>Connects to the engine, and finds out where the registry is.</summary>
    public static async Task<ReleaseSource> OpenAsync(
        string repository, string? dockerHost, RegistryCredential? credential, IReporter reporter, CancellationToken cancellation)
    {
        IContainerEngine? engine = null;
        ShoreGuardException? obstacle = null;
        try
        {
            engine = await ContainerEngines.ConnectAsync(dockerHost, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Id is not nameof(Errors.DockerHostInvalid))
        {
            obstacle = error;
        }
        var source = new ReleaseSource(repository, engine, obstacle);
        try
        {
            await source.FindRegistryAsync(credential, reporter, cancellation).ConfigureAwait(false);
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The registry's tags with their digests; signatures and the like left out.</summary>
    /// <exception cref="ShoreGuardException"><c>RegistryUnknown</c>, and those of <see cref="RegistryClient"/>.</exception>
    public async Task<IReadOnlyList<(string Tag, string Digest)>> ListPublishedAsync(IReporter reporter, CancellationToken cancellation)
    {
        var registry = Registry ?? throw Errors.RegistryUnknown(Repository);
        var tags = (await ListTagsAsync(cancellation).ConfigureAwait(false)).ToList();
        var found = new List<(string, string)>(tags.Count);
        var activity = $"Looking at the tags of {Repository}";
        await foreach (var (tag, digest) in Concurrently.SelectAsync(tags, async (tag, token) =>
            (tag, await registry.FindDigestAsync(tag, token).ConfigureAwait(false)), cancellation).ConfigureAwait(false))
        {
            // A tag can vanish between the list and the look.
            if (digest is not null)
                found.Add((tag, digest));
            if (found.Count % 32 == 0)
                reporter.Progress(new(activity, $"{found.Count} of {tags.Count}", 100.0 * found.Count / tags.Count));
        }
        reporter.Progress(new(activity, "Done", 100, Completed: true));
        return found;
    }

    /// <summary>The registry's tags; signatures and the like left out.</summary>
    /// <exception cref="ShoreGuardException">As <see cref="ListPublishedAsync"/>.</exception>
    public async Task<IEnumerable<string>> ListTagsAsync(CancellationToken cancellation)
    {
        var registry = Registry ?? throw Errors.RegistryUnknown(Repository);
        return (await registry.ListTagsAsync(cancellation).ConfigureAwait(false)).Where(tag => !ReleaseTags.IsAttachment(tag));
    }

    /// <summary>The images on the engine; none when it cannot be reached.</summary>
    public async Task<IReadOnlyList<LocalImage>> ListLocalAsync(CancellationToken cancellation) =>
        Engine is null ? [] : await Engine.ListImagesAsync(Repository, cancellation).ConfigureAwait(false);

    /// <summary>What is in an image, from the registry where it is there, else from the engine.</summary>
    /// <returns>Null for what is no image.</returns>
    public async Task<PublishedImage?> ReadAsync(ReleaseGroup group, CancellationToken cancellation)
    {
        if (group is { IsPublished: true, Digest: { } digest })
            return await PublishedImage.ReadAsync(Registry!, Repository, digest, cancellation).ConfigureAwait(false);
        var image = await Engine!.InspectImageAsync(group.Local!.Id, cancellation).ConfigureAwait(false);
        return image is null ? null : new(BakedIdentity.Read(image, group.Reference(Repository)), image, [PlatformOf(image)], group.Local.Size);
    }

    private static string PlatformOf(ImageView image) =>
        image.Platform + (image.Variant is { } variant ? $"/{variant}" : "");

    private async Task FindRegistryAsync(RegistryCredential? credential, IReporter reporter, CancellationToken cancellation)
    {
        var info = Engine is not null && RegistryLocation.NeedsTheEngine(Repository) ? await Engine.InfoAsync(cancellation).ConfigureAwait(false) : null;
        if (RegistryLocation.Of(Repository, info) is not { } location)
            return;
        var known = credential is not null ? new(credential) : await DockerCredentials.FindAsync(location.Server, cancellation).ConfigureAwait(false);
        if (known.Problem is { } problem)
            reporter.Verbose($"Asking {location.Address.Authority} without a credential: {problem}.");
        Registry = new RegistryClient(location, known, reporter, DigestCache.Own);
    }

    public void Dispose()
    {
        Registry?.Dispose();
        Engine?.Dispose();
    }
}
