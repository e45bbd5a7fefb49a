using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>Keeps manifests and configurations on the disk, by digest: what a digest names can never change.</summary>
/// <remarks>
/// Every entry is proved by its own name when it is read, so that a damaged one is as good as none, and several processes need no
/// lock. A cache that cannot be read or written is no cache, and nothing worse.
/// </remarks>
internal sealed partial class DigestCache(string folder)
{
    /// <summary>The user's own.</summary>
    public static DigestCache Own => new(System.IO.Path.Combine(UserFolder.Cache, "images"));

    public static bool IsDigest(string text) => Digest().IsMatch(text);

    public static string DigestOf(ReadOnlySpan<byte> content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>What a digest names; null when it is not here.</summary>
    public async Task<byte[]?> FindAsync(string digest, CancellationToken cancellation)
    {
        var path = PathOf(digest);
        var content = await CacheFile.TryReadAsync(path, cancellation).ConfigureAwait(false);
        if (content is null || DigestOf(content) == digest)
            return content;
        CacheFile.Forget(path);
        return null;
    }

    /// <summary>Keeps what a digest names.</summary>
    public void Keep(string digest, byte[] content) => CacheFile.TryWrite(PathOf(digest), content);

    // The digest's digits only: a registry does not choose the path.
    private string PathOf(string digest)
    {
        var hash = digest["sha256:".Length..];
        return System.IO.Path.Combine(folder, hash[..2], hash);
    }

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex Digest();
}
