using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>The images that are not to be deployed or gone back to again, by digest and by commit: those of the journal and those of the list that is
/// shared.</summary>
public sealed class Blocklist
{
    private readonly ImageList _list;
    private readonly SharedBlocklist _shared;

    internal Blocklist(StateStore state, SharedBlocklist shared) => (_list, _shared) = (new(state, "blocked_image"), shared);

    /// <summary>Blocks an image, in the list that is shared or, where none is, in the journal; one that is blocked already gets the new reason.</summary>
    /// <exception cref="ShoreGuardException"><c>BlockTargetUnclear</c>; those of the journal and of the shared list.</exception>
    public BlockedImage Add(BlockedImage image)
    {
        RequireClear(image.Digest, image.GitSha, image.Image);
        if (_shared.Path is { } path)
        {
            SharedBlocklist.Add(path, image);
            return image with { BlocklistPath = path };
        }
        _list.Add(new(image.Image, image.Digest, image.GitSha, image.Version, image.Reason, image.BlockedAt, image.BlockedBy));
        return image;
    }

    /// <summary>Takes an image off both lists again.</summary>
    /// <returns>What was on it.</returns>
    /// <exception cref="ShoreGuardException"><c>BlockTargetUnclear</c>, <c>ImageNotBlocked</c>; those of the journal.</exception>
    public IReadOnlyList<BlockedImage> Remove(string? digest, string? gitSha, string? image)
    {
        RequireBlocked(digest, gitSha, image);
        // The shared one first: where it cannot be written, nothing has changed.
        var shared = _shared.Remove(entry => Matches(entry, digest, gitSha));
        bool IsMeant(ImageEntry entry) => Matches(Describe(entry), digest, gitSha);
        return [.. shared, .. _list.All().Any(IsMeant) ? _list.Remove(IsMeant).Select(Describe) : []];
    }

    /// <summary>The entries that an image falls under; none when it is free.</summary>
    /// <param name="digest">Its digest; null when it is not known.</param>
    /// <param name="gitSha">Its commit, or the beginning of it; null when it is not known.</param>
    public IReadOnlyList<BlockedImage> Find(string? digest, string? gitSha) => [.. All().Where(entry => Matches(entry, digest, gitSha))];

    /// <summary>Everything that is blocked, the latest first. Makes no file.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal and of the shared list.</exception>
    public IReadOnlyList<BlockedImage> All() =>
        [.. _shared.All().Concat(_list.All().Select(Describe)).OrderByDescending(entry => entry.BlockedAt)];

    /// <summary>Whether an image falls under an entry: the same code in another image is no better.</summary>
    public static bool Matches(BlockedImage entry, string? digest, string? gitSha) =>
        (entry.Digest is not null && entry.Digest == digest)
        || (entry.GitSha is not null && gitSha is not null && CommitDigits.AreSame(entry.GitSha, gitSha));

    /// <summary>Refuses an image that is not blocked.</summary>
    /// <exception cref="ShoreGuardException"><c>BlockTargetUnclear</c>, <c>ImageNotBlocked</c>; those of the journal.</exception>
    public void RequireBlocked(string? digest, string? gitSha, string? image)
    {
        RequireClear(digest, gitSha, image);
        if (Find(digest, gitSha).Count == 0)
            throw Errors.ImageNotBlocked(image ?? digest ?? gitSha!);
    }

    /// <summary>Refuses what may be another image tomorrow.</summary>
    /// <exception cref="ShoreGuardException"><c>BlockTargetUnclear</c>.</exception>
    public static void RequireClear(string? digest, string? gitSha, string? image)
    {
        if (digest is null && gitSha is null)
            throw Errors.BlockTargetUnclear(image);
    }

    private static BlockedImage Describe(ImageEntry entry) => new()
    {
        Image = entry.Image,
        Digest = entry.Digest,
        GitSha = entry.GitSha,
        Version = entry.Version,
        Reason = entry.Reason,
        BlockedAt = entry.At,
        BlockedBy = entry.By,
    };
}
