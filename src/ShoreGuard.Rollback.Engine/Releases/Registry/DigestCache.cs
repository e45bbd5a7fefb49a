using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>Keeps manifests and configurations on the disk, by digest: what a digest names can never change.</summary>
/// <remarks>
/// Every entry is proved by its own name when it is read, so that a damaged one is as good as none, and several processes need no
/// lock. A cache that cannot be read or written is no cache, and nothing worse.
/// </remarks>
internal sealed partial class DigestCache(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The user's own.</summary>
    public static DigestCache Own => new(System.IO.Path.Combine(CacheFolder.Path, "images"));

    public static bool IsDigest(string text) => Digest().IsMatch(text);

    public static string DigestOf(ReadOnlySpan<byte> content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>What a digest names; null when it is not here.</summary>
    public async Task<byte[]?> FindAsync(string digest, CancellationToken cancellation)
    {
        var path = PathOf(digest);
        try
        {
            if (!File.Exists(path))
                return null;
            var content = await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
            if (DigestOf(content) == digest)
                return content;
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
        return null;
    }

    /// <summary>Keeps what a digest names.</summary>
    public void Keep(string digest, byte[] content)
    {
        var path = PathOf(digest);
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            MakeFolder(System.IO.Path.GetDirectoryName(path)!);
            // Not brought to the disk: half an entry after a power failure is noticed when it is read.
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using (var stream = new FileStream(temporary, options))
                stream.Write(content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Forget(temporary);
        }
    }

    // The digest's digits only: a registry does not choose the path.
    private string PathOf(string digest)
    {
        var hash = digest["sha256:".Length..];
        return System.IO.Path.Combine(folder, hash[..2], hash);
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static void Forget(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex Digest();
}

/// <summary>Where the module keeps what it can get again.</summary>
internal static class CacheFolder
{
    /// <summary><c>$XDG_CACHE_HOME</c> or <c>~/.cache</c> (the XDG base directory specification), on macOS <c>~/Library/Caches</c>, on Windows <c>%LocalAppData%</c>.</summary>
    public static string Path
    {
        get
        {
            if (OperatingSystem.IsWindows())
                return System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "ShoreGuard.Rollback", "cache");
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
                ? set
                : OperatingSystem.IsMacOS() ? System.IO.Path.Combine(home, "Library", "Caches") : System.IO.Path.Combine(home, ".cache");
            return System.IO.Path.Combine(cache, "shoreguard-rollback");
        }
    }
}
