namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>A folder for a moment that nobody but the user gets into, for what may hold secrets.</summary>
/// <remarks>Its files are held as long as its maker lives; what a process that was killed has left is taken away by the next one of the kind.</remarks>
internal sealed class PrivateFolder : IDisposable
{
    // Between the making of a folder and of its first file.
    private static readonly TimeSpan Moment = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder;
    private readonly List<HeldFile> _files = [];

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
        var file = HeldFile.Create(Path.Combine(_folder.FullName, name));
        _files.Add(file);
        RandomAccess.Write(file.Handle, content, fileOffset: 0);
        return file.Path;
    }

    private static void RemoveLeftOvers(string prefix, IReadOnlyList<string> names)
    {
        var before = DateTime.UtcNow - Moment;
        foreach (var left in new DirectoryInfo(Path.GetTempPath()).EnumerateDirectories($"{prefix}*").Where(folder => folder.LastWriteTimeUtc < before))
        {
            // Not what else is in it: in a folder for all, somebody else may have made one of that name.
            var files = names.Select(name => Path.Combine(left.FullName, name)).Where(File.Exists).ToList();
            if (!files.TrueForAll(HeldFile.IsLeftOver))
                continue;
            try
            {
                files.ForEach(File.Delete);
                left.Delete();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another user's, who will take it away.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _folder.Delete(recursive: true);
    }
}
