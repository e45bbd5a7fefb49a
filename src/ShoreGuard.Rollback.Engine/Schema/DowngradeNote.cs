using System.Text.Json;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Rollbacks;

namespace ShoreGuard.Rollback.Engine.Schema;

/// <summary>What is written down before each step of a downgrade, so that the next call knows what a killed one was at. Holds no secret.</summary>
internal sealed record DowngradeNote
{
    public required string DockerHost { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> From { get; init; }
    public required string To { get; init; }
    /// <summary>The id of the image with the scripts.</summary>
    public required string ImageId { get; init; }
    /// <summary>The name of the one-off container.</summary>
    public required string Worker { get; init; }
    public required bool WasRunning { get; init; }
    /// <summary>The backup to put back; null until it is proven, and so until the database is touched.</summary>
    public string? BackupPath { get; init; }
    /// <summary>What putting the backup back has kept of what the downgrade had left, or is about to: of use to nobody, since nobody wrote to it.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>Whether it has come to its end, good or put back, and only its container is left to take away.</summary>
    public bool IsConcluded { get; init; }

    /// <summary>What a killed downgrade of the deployment has left; null when there is none.</summary>
    /// <exception cref="ShoreGuardException"><c>DowngradeNoteUnreadable</c>.</exception>
    public static DowngradeNote? Find(string dockerHost, string name)
    {
        var path = PathOf(dockerHost, name);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<DowngradeNote>(File.ReadAllBytes(path)) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Errors.DowngradeNoteUnreadable(path, name, error);
        }
    }

    /// <summary>Writes it, durably and in one step.</summary>
    /// <exception cref="ShoreGuardException"><c>StateNotWritable</c>.</exception>
    public void Write()
    {
        var path = PathOf(DockerHost, Name);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.RemoveLeftOvers(path);
            using var file = AtomicFile.Prepare(path, JsonSerializer.SerializeToUtf8Bytes(this));
            file.Commit();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.StateNotWritable(Path.GetDirectoryName(path)!, error);
        }
    }

    /// <summary>Nothing is left to mend: the container goes, and then the note. Killed in between, the next call only clears away.</summary>
    public async Task ConcludeAsync(DowngradeWorker worker)
    {
        (this with { IsConcluded = true }).Write();
        await worker.RemoveAsync().ConfigureAwait(false);
        Delete();
    }

    /// <summary>Somebody has decided to leave everything as it is.</summary>
    public void Forget() => Delete();

    private void Delete()
    {
        var path = PathOf(DockerHost, Name);
        File.Delete(path);
        NativeFile.SyncFolder(Path.GetDirectoryName(path)!);
    }

    private static string PathOf(string dockerHost, string name) => Path.Combine(StateFolder.Path, "downgrades", $"{DeploymentLock.KeyOf(dockerHost, name)}.json");
}
