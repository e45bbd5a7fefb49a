using System.Security.Cryptography;
using System.Text;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Releases.Registry;

namespace ShoreGuard.Rollback.Engine.Schema;

/// <summary>Keeps what the probe said on the disk, by image id, which is made of the image's content: what was read once holds for ever.</summary>
/// <remarks>Each entry begins with the checksum of the rest, so that a damaged one is as good as none. Another probe has a folder of its own.</remarks>
internal sealed class MigrationCache(string folder)
{
    private const int HashLength = 64;

    /// <summary>The user's own.</summary>
    public static MigrationCache Own => new(Path.Combine(UserFolder.Cache, "schema"));

    private static string ProbeVersion { get; } = Hash(Encoding.UTF8.GetBytes(Scripts.Probe))[..12];

    /// <summary>What is kept of an image; null when nothing is.</summary>
    public async Task<ProbeAnswer?> FindAsync(string imageId, CancellationToken cancellation)
    {
        if (PathOf(imageId) is not { } path || await CacheFile.TryReadAsync(path, cancellation).ConfigureAwait(false) is not { Length: > HashLength } content)
            return null;
        var (hash, json) = (Encoding.ASCII.GetString(content, 0, HashLength), content[HashLength..]);
        if (Hash(json) == hash && ProbeAnswer.TryParse(Encoding.UTF8.GetString(json)) is { } answer)
            return answer;
        CacheFile.Forget(path);
        return null;
    }

    /// <summary>Keeps it.</summary>
    public void Keep(string imageId, ProbeAnswer answer)
    {
        var json = answer.ToJson();
        if (PathOf(imageId) is { } path)
            CacheFile.TryWrite(path, [.. Encoding.ASCII.GetBytes(Hash(json)), .. json]);
    }

    // An id is the engine's; it does not choose the path.
    private string? PathOf(string imageId) => DigestCache.IsDigest(imageId) ? Path.Combine(folder, ProbeVersion, imageId["sha256:".Length..] + ".json") : null;

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
