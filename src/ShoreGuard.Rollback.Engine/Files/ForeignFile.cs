namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Reads a small file that is somebody else's, who may have put anything in its place: a pipe that nobody writes to, a device without an
/// end.</summary>
internal static class ForeignFile
{
    /// <summary>The bytes that such a file has at most. Compose files and environment files have a few thousand.</summary>
    public const int Most = 4 * 1024 * 1024;

    /// <summary>Its bytes; null where there is no such file.</summary>
    /// <exception cref="IOException">It is no ordinary file, longer than <see cref="Most"/>, or cannot be read. A link to nothing is named as such.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[]? TryRead(string path) => File.Exists(path) ? Read(path) : null;

    /// <summary>Its bytes.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">As of <see cref="TryRead"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            using var handle = NativeFile.OpenWithoutWaiting(path);
            using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
            return Read(file);
        }
        catch (FileNotFoundException) when (new FileInfo(path).LinkTarget is { } target)
        {
            throw new IOException($"it is a link to {target}, which is not there");
        }
    }

    private static byte[] Read(FileStream file)
    {
        // Its length is only what it says of itself: files of /proc say 0, and one that is written to grows.
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            content.Write(buffer, 0, read);
            if (content.Length > Most)
                throw new IOException($"it is longer than {Most / 1024 / 1024} MiB");
        }
        return content.ToArray();
    }
}
