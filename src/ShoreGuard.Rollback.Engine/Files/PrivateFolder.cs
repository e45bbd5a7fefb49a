namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>A folder for a moment that nobody but the user gets into, for what may hold secrets. Of a process that was killed, the next one of the kind takes it away.</summary>
internal sealed class PrivateFolder : IDisposable
{
    // Longer than any use.
    private static readonly TimeSpan LongestUse = TimeSpan.FromHours(12);

    private readonly DirectoryInfo _folder;

    /// <summary>Makes one.</summary>
    /// <param name="prefix">Of its name, by which what was left is known.</param>
    /// <param name="names">The names of the files that there may be in it.</param>
    public PrivateFolder(string prefix, params IReadOnlyList<string> names)
    {
        RemoveLeftOvers(prefix, names);
        _folder = Directory.CreateTempSubdirectory(prefix);
    }

    /// <summary>Writes a file into it, readable by the user alone; its path.</summary>
    public string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(_folder.FullName, name);
        using var file = PrivateFile.Create(path);
        file.Write(content);
        return path;
    }

    private static void RemoveLeftOvers(string prefix, IReadOnlyList<string> names)
    {
        foreach (var left in new DirectoryInfo(Path.GetTempPath()).EnumerateDirectories($"{prefix}*").Where(folder => folder.LastWriteTimeUtc < DateTime.UtcNow - LongestUse))
        {
            try
            {
                // Not what else is in it: in a folder for all, somebody else may have made one of that name.
                foreach (var name in names)
                    File.Delete(Path.Combine(left.FullName, name));
                left.Delete();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another user's, who will take it away.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
