using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>The list of blocked images that several machines share: a file on a share or in a repository.</summary>
/// <param name="given">The file that the operator has named, absolute; null for that of the environment.</param>
public sealed class SharedBlocklist(string? given)
{
    /// <summary>The variable that names it.</summary>
    public const string Variable = "SHOREGUARD_BLOCKLIST";

    private const string LockSuffix = ".lock";

    /// <summary>The file, absolute; null where none is shared.</summary>
    /// <exception cref="ShoreGuardException"><c>BlocklistNotAbsolute</c>.</exception>
    internal string? Path => given ?? Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => null,
        var path => System.IO.Path.IsPathFullyQualified(path) ? path : throw Errors.BlocklistNotAbsolute(Variable, path),
    };

    /// <summary>Its entries; none where none is shared, or where nothing was blocked yet. Makes no file.</summary>
    /// <exception cref="ShoreGuardException"><c>BlocklistUnreadable</c>, <c>BlocklistNotReadable</c>, <c>BlocklistNotAbsolute</c>.</exception>
    internal IReadOnlyList<BlockedImage> All() => Path is { } path ? [.. Read(path).Select(line => line.Image)] : [];

    /// <summary>Adds an entry; the very same one gets the new reason and time.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="All"/>; <c>BlocklistNotWritable</c>.</exception>
    internal static void Add(string path, BlockedImage image) => Change(path, lines =>
    {
        var same = lines.Where(line => (line.Image.Digest, line.Image.GitSha) == (image.Digest, image.GitSha)).ToList();
        return [.. lines.Except(same), new(image, same is [var first, ..] ? first.Others : new Dictionary<string, string>())];
    });

    /// <summary>Takes entries out.</summary>
    /// <returns>What was in it.</returns>
    /// <exception cref="ShoreGuardException">As of <see cref="Add"/>.</exception>
    internal IReadOnlyList<BlockedImage> Remove(Func<BlockedImage, bool> isMeant)
    {
        if (Path is not { } path || !Read(path).Any(line => isMeant(line.Image)))
            return [];
        IReadOnlyList<BlockedImage> removed = [];
        Change(path, lines =>
        {
            removed = [.. lines.Select(line => line.Image).Where(isMeant)];
            return [.. lines.Where(line => !isMeant(line.Image))];
        });
        return removed;
    }

    private static IReadOnlyList<BlocklistText.Line> Read(string path)
    {
        try
        {
            RequireFolder(path);
            return ForeignFile.TryRead(path) is { } content ? BlocklistText.Read(path, content) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.BlocklistNotReadable(path, error);
        }
    }

    // What is there is read by whoever has the turn, so that of two who write at once neither's entry is lost.
    private static void Change(string path, Func<IReadOnlyList<BlocklistText.Line>, IReadOnlyList<BlocklistText.Line>> change)
    {
        try
        {
            RequireFolder(path);
            using var turn = ExclusiveFile.Take(path + LockSuffix);
            var lines = change(Read(path));
            // With the rights that such a folder gives: it is for others as well, unlike what this module keeps for itself.
            if (!File.Exists(path))
                new FileStream(path, FileMode.CreateNew).Dispose();
            using var file = AtomicFile.Prepare(path, BlocklistText.Write(lines), isCommon: true);
            file.Commit();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.BlocklistNotWritable(path, error);
        }
    }

    // A share that is not there is not one on which nothing is blocked.
    private static void RequireFolder(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"there is no folder {folder}");
    }
}
