namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>A new content for a file that is written beside it, and takes its place in one step.</summary>
/// <remarks>Owner, group and mode are the old file's; a new file gets mode 0600, since it may hold secrets.</remarks>
internal sealed class AtomicFile : IDisposable
{
    // Held, so that what was written can be taken back even where its name cannot, and whatever that name leads to by then.
    private FileStream? _content;
    private bool _committed;

    private AtomicFile(string path, string temporary)
    {
        Path = path;
        TemporaryPath = temporary;
    }

    /// <summary>The file that will be replaced, symbolic links followed.</summary>
    public string Path { get; }

    /// <summary>Where the new content is until it takes the file's place.</summary>
    public string TemporaryPath { get; }

    /// <summary>Writes the content beside the file and brings it to the disk. The file itself stays as it is.</summary>
    public static AtomicFile Prepare(string path, ReadOnlySpan<byte> content)
    {
        var target = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? path;
        var temporary = $"{target}.{Guid.NewGuid():n}.tmp";
        var prepared = new AtomicFile(target, temporary);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            prepared._content = new FileStream(temporary, options);
            prepared._content.Write(content);
            prepared._content.Flush(flushToDisk: true);
            if (File.Exists(target))
                NativeFile.TakeOverRights(temporary, target);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>Takes away what a killed process has left beside a file.</summary>
    public static void RemoveLeftOvers(string path)
    {
        var (folder, name) = (System.IO.Path.GetDirectoryName(path)!, System.IO.Path.GetFileName(path));
        foreach (var temporary in Directory.EnumerateFiles(folder, $"{name}.*.tmp"))
        {
            if (Guid.TryParseExact(System.IO.Path.GetFileName(temporary)[(name.Length + 1)..^4], "n", out _))
                File.Delete(temporary);
        }
    }

    /// <summary>Puts the new content in the file's place.</summary>
    public void Commit()
    {
        File.Move(TemporaryPath, Path, overwrite: true);
        _committed = true;
        NativeFile.SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Takes the unused content away: the file, or, where its name cannot be removed, all that is in it. Throws nothing, since what it
    /// follows is what has to be told.</summary>
    public void Dispose()
    {
        if (!_committed && !TryDelete())
            Empty();
        _content?.Dispose();
    }

    private bool TryDelete()
    {
        try
        {
            File.Delete(TemporaryPath);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Empty()
    {
        try
        {
            _content?.SetLength(0);
            _content?.Flush(flushToDisk: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // A disk that takes nothing any more; the next pin there removes it.
        }
    }
}
