using System.Formats.Tar;
using System.IO.Pipelines;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>Carries files into and out of containers, running or not, through the engine's archives, piece by piece.</summary>
internal static class ContainerFiles
{
    /// <summary>Puts a file of this machine into a container, readable by its owner alone; over one of that name.</summary>
    public static async Task SendAsync(
        IContainerEngine engine, string container, string file, string path, IReporter reporter, CancellationToken cancellation, PosixTarEntry? model = null)
    {
        await using var source = SharedFile.OpenRead(file, 1 << 20, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using var progress = new FileProgress("Copying the backup", () => source.Position, source.Length, reporter);
        var entry = Entry(TarEntryType.RegularFile, Path.GetFileName(path), model);
        entry.DataStream = source;
        await PutAsync(engine, container, FolderOf(path), [entry], cancellation).ConfigureAwait(false);
    }

    /// <summary>Has the engine make entries in a folder of a container, in their order, each over what is there of its name.</summary>
    public static async Task PutAsync(IContainerEngine engine, string container, string folder, IReadOnlyList<TarEntry> entries, CancellationToken cancellation)
    {
        var pipe = new Pipe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writing = WriteAsync(pipe.Writer, entries, stop.Token);
        try
        {
            await using var archive = pipe.Reader.AsStream();
            await engine.PutArchiveAsync(container, folder, archive, cancellation).ConfigureAwait(false);
        }
        catch when (writing.IsFaulted)
        {
            // Why there was nothing more to read says more than that.
            await writing.ConfigureAwait(false);
        }
        finally
        {
            // An engine that has refused reads no further.
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(writing).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(PipeWriter pipe, IReadOnlyList<TarEntry> entries, CancellationToken cancellation)
    {
        Exception? failure = null;
        try
        {
            await using var writer = new TarWriter(pipe.AsStream(leaveOpen: true), leaveOpen: true);
            foreach (var entry in entries)
                await writer.WriteEntryAsync(entry, cancellation).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            failure = error;
            throw;
        }
        finally
        {
            await pipe.CompleteAsync(failure).ConfigureAwait(false);
        }
    }

    /// <summary>Fetches a file out of a container into one that is there already.</summary>
    /// <returns>What the archive says of it: its owner, group and mode.</returns>
    /// <exception cref="ShoreGuardException"><c>EngineRefused</c>: it is not there.</exception>
    public static async Task<PosixTarEntry> FetchAsync(
        IContainerEngine engine, string container, string path, HeldFile file, IReporter reporter, CancellationToken cancellation)
    {
        await using var archive = await engine.GetArchiveAsync(container, path, cancellation).ConfigureAwait(false);
        await using var reader = new TarReader(archive);
        if (await reader.GetNextEntryAsync(copyData: false, cancellation)
            .ConfigureAwait(false) is not PosixTarEntry { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile } entry)
            throw new InvalidDataException($"{path} is no file in the container");
        await using var progress = new FileProgress("Fetching it from the container", file.Path, entry.Length, reporter);
        await using var output = file.OpenForWriting();
        if (entry.DataStream is not null)
            await entry.DataStream.CopyToAsync(output, 1 << 20, cancellation).ConfigureAwait(false);
        if (output.Length != entry.Length)
            throw new InvalidDataException($"{output.Length} bytes of {entry.Length} of {path} came out of the container");
        return entry;
    }

    /// <summary>An entry with owner, group and mode of another; without one, root's and for root alone.</summary>
    public static PaxTarEntry Entry(TarEntryType type, string name, PosixTarEntry? model) => new(type, name)
    {
        Uid = model?.Uid ?? 0,
        Gid = model?.Gid ?? 0,
        Mode = model?.Mode ?? (UnixFileMode.UserRead | UnixFileMode.UserWrite),
        ModificationTime = DateTimeOffset.UtcNow,
    };

    /// <summary>The folder of a path inside a container.</summary>
    public static string FolderOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}
