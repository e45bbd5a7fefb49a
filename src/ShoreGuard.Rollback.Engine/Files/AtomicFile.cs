namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>A new content for a file that is written beside it, and takes its place in one step.</summary>
/// <remarks>Owner, group and mode are the old file's; a new file gets mode 0600, since it may hold secrets.</remarks>
internal sealed class AtomicFile : IDisposable
{
    // Held, so that what has its name is known to be this file, and what was written can be taken back even where its name cannot.
    private readonly FileStream _stream;
    private bool _committed;

    private AtomicFile(string path, string temporary, FileStream stream)
    {
        Path = path;
        TemporaryPath = temporary;
        _stream = stream;
    }

    /// <summary>The file that will be replaced, symbolic links followed.</summary>
    public string Path { get; }

    /// <summary>Where the new content is until it takes the file's place.</summary>
    public string TemporaryPath { get; }

    /// <summary>Writes the content beside the file and brings it to the disk. The file itself stays as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="isCommon">Whether the file belongs to several, so that it may belong to whoever wrote it last.</param>
    /// <exception cref="IOException">It cannot be written, or the file cannot be replaced: on Windows, another program has it open.</exception>
    /// <exception cref="UnauthorizedAccessException">Nothing may be written there.</exception>
    public static AtomicFile Prepare(string path, ReadOnlySpan<byte> content, bool isCommon = false)
    {
        var target = FollowLink(path);
        var temporary = $"{target}.{Guid.NewGuid():n}.tmp";
        var prepared = new AtomicFile(target, temporary, PrivateFile.Create(temporary, share: SharedFile.Share));
        try
        {
            prepared._stream.Write(content);
            prepared._stream.Flush(flushToDisk: true);
            if (File.Exists(target) && OperatingSystem.IsWindows())
                WindowsFile.RequireReplaceable(target);
            if (File.Exists(target))
                NativeFile.TakeOverRights(prepared._stream.SafeFileHandle, temporary, target, isCommon);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>Takes away what a killed process has left beside a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="olderThan">How old it is at least, where another process may be about to make one.</param>
    public static void RemoveLeftOvers(string path, TimeSpan olderThan = default)
    {
        var (folder, name) = (System.IO.Path.GetDirectoryName(path)!, System.IO.Path.GetFileName(path));
        foreach (var temporary in Directory.EnumerateFiles(folder, $"{name}.*.tmp"))
        {
            if (Guid.TryParseExact(System.IO.Path.GetFileName(temporary)[(name.Length + 1)..^4], "n", out _)
                && (olderThan == default || File.GetLastWriteTimeUtc(temporary) < DateTime.UtcNow - olderThan))
                File.Delete(temporary);
        }
    }

    /// <summary>Puts the new content in the file's place.</summary>
    /// <exception cref="IOException">Somebody has put another file or a link under one of its names meanwhile.</exception>
    public void Commit()
    {
        NativeFile.RequireAt(_stream.SafeFileHandle, TemporaryPath);
        FileConflict.Retry(() => File.Move(TemporaryPath, Path, overwrite: true));
        _committed = true;
        NativeFile.RequireAt(_stream.SafeFileHandle, Path);
        // Whoever reads it from now on need not let it be written.
        _stream.Dispose();
        NativeFile.SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Takes the unused content away: the file, or, where its name cannot be removed, all that is in it. Throws nothing, since what it
    /// follows is what has to be told.</summary>
    public void Dispose()
    {
        if (!_committed && !TryDelete())
            Empty();
        _stream.Dispose();
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
            _stream.SetLength(0);
            _stream.Flush(flushToDisk: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // A disk that takes nothing any more; the next pin there removes it.
        }
    }

    private static string FollowLink(string path)
    {
        if (!File.Exists(path) || File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName is not { } target)
            return path;
        return NativeFile.MayFollow(path)
            ? target : throw new UnauthorizedAccessException($"it is another user's link to {target}, whose owner did not make it");
    }
}
