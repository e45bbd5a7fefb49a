using System.Formats.Tar;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Execution;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>What an engine keeps of the operation that is under way on a deployment, so that another user, state folder or machine can go on with it. Holds no
/// secret.</summary>
/// <remarks>A folder in the container of the lock, with a file for each time that it is written: of one that was cut off, the file before it tells.</remarks>
internal sealed record EngineRecord
{
    private const int Newest = 1;
    private const string Folder = "shoreguard-rollback";

    [JsonRequired]
    public int Format { get; init; }
    public RollbackRecord? Operation { get; init; }
    public RollbackOptions? Options { get; init; }
    public RollbackNote? Note { get; init; }
    /// <summary>Whether whoever wrote it has let go of it, unfinished as it is: their process may live on.</summary>
    public bool IsLeft { get; init; }
    /// <summary>Whether it has come to its end, and only the lock could not be taken away.</summary>
    public bool HasEnded { get; init; }

    /// <summary>Writes it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="container">The container of the lock.</param>
    /// <param name="number">How often it has been written before.</param>
    /// <param name="entry">What is written.</param>
    /// <param name="isLeft">Whether whoever writes it lets go of it.</param>
    /// <param name="hasEnded">Whether it has come to its end.</param>
    public static async Task WriteAsync(
        IContainerEngine engine, string container, int number, RollbackJournal.Entry entry, bool isLeft = false, bool hasEnded = false)
    {
        var record = new EngineRecord { Format = Newest, Operation = entry.Record with { Steps = [] }, Options = entry.Options, Note = entry.Note,
            IsLeft = isLeft, HasEnded = hasEnded };
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            var name = $"{Folder}/{number.ToString("0000", CultureInfo.InvariantCulture)}.json";
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(record)) });
        }
        tar.Position = 0;
        await engine.PutArchiveAsync(container, "/", tar, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Reads the last that was written whole; null where none was.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="container">The container of the lock.</param>
    /// <param name="deployment">The deployment's name, for the words.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RecordTooNew</c>: a newer version of the module has written it; <c>RecordUnreadable</c>.</exception>
    /// <returns>What is to be gone on with; its entry is null where it has ended.</returns>
    public static async Task<(RollbackJournal.Entry? Entry, int Number, bool IsLeft)?> ReadAsync(
        IContainerEngine engine, string container, string deployment, CancellationToken cancellation)
    {
        var files = await ReadFilesAsync(engine, container, cancellation).ConfigureAwait(false);
        foreach (var (name, content) in files.OrderByDescending(file => file.Name, StringComparer.Ordinal))
        {
            if (TryParse(content, deployment) is var (entry, isLeft))
                return (entry, int.Parse(Path.GetFileNameWithoutExtension(name), CultureInfo.InvariantCulture), isLeft);
        }
        return files.Count == 0 ? null : throw Errors.RecordUnreadable(deployment, EngineLock.NameOf(deployment));
    }

    private static async Task<IReadOnlyList<(string Name, byte[] Content)>> ReadFilesAsync(
        IContainerEngine engine, string container, CancellationToken cancellation)
    {
        var files = new List<(string, byte[])>();
        try
        {
            await using var archive = await engine.GetArchiveAsync(container, $"/{Folder}", cancellation).ConfigureAwait(false);
            await using var reader = new TarReader(archive);
            while (await reader.GetNextEntryAsync(copyData: true, cancellation).ConfigureAwait(false) is { } entry)
            {
                if (entry is not { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile })
                    continue;
                // One that a power cut has left empty is there all the same.
                using var content = new MemoryStream();
                if (entry.DataStream is { } data)
                    await data.CopyToAsync(content, cancellation).ConfigureAwait(false);
                files.Add((Path.GetFileName(entry.Name), content.ToArray()));
            }
        }
        catch (ShoreGuardException error) when (error.Kind == FailureKind.ObjectNotFound)
        {
            // Nothing was written yet.
        }
        return files;
    }

    /// <summary>Reads a record; null when it is none, or a part of one.</summary>
    /// <exception cref="ShoreGuardException"><c>RecordTooNew</c>.</exception>
    internal static (RollbackJournal.Entry? Entry, bool IsLeft)? TryParse(byte[] content, string deployment)
    {
        try
        {
            var record = JsonSerializer.Deserialize<EngineRecord>(content);
            if (record?.Format > Newest)
                throw Errors.RecordTooNew(deployment, EngineLock.NameOf(deployment));
            if (record is { HasEnded: true })
                return (null, true);
            return record is { Operation: { } operation, Options: { } options, Note: { } note }
                ? (new(operation, options, note) { IsOnEngine = true }, record.IsLeft) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
