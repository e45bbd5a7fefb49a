namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>A file that can be got again: one that cannot be read or written is none, and nothing worse.</summary>
internal static class CacheFile
{
    /// <summary>Its content; null when it is not there.</summary>
    public static async Task<byte[]?> TryReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes it in one step, readable by its owner alone, so that several processes need no lock.</summary>
    public static void TryWrite(string path, byte[] content)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            // Not brought to the disk: half a file after a power failure is noticed when it is read.
            using (var stream = PrivateFile.Create(temporary))
                stream.Write(content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Forget(temporary);
        }
    }

    /// <summary>Deletes it, where that can be done.</summary>
    public static void Forget(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, PrivateFile.Mode | UnixFileMode.UserExecute);
    }
}
