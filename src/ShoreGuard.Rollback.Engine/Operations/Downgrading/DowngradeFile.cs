using System.Text.Json;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>The note in a file of the state folder, by which earlier versions remembered a downgrade: read for what one of them may have left.</summary>
internal sealed class DowngradeFile(StateStore state, string dockerHost, string name) : IDowngradeMemory
{
    private string FilePath => PathOf(state, dockerHost, name);

    /// <summary>What a killed downgrade of the deployment has left; null when there is none.</summary>
    /// <exception cref="ShoreGuardException"><c>DowngradeNoteUnreadable</c>.</exception>
    public static DowngradeNote? Find(StateStore state, string dockerHost, string name)
    {
        var path = PathOf(state, dockerHost, name);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<DowngradeNote>(File.ReadAllBytes(path)) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Errors.DowngradeNoteUnreadable(path, name, error);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ShoreGuardException"><c>StateNotWritable</c>.</exception>
    public Task WriteAsync(DowngradeNote note)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
            AtomicFile.RemoveLeftOvers(FilePath);
            using var file = AtomicFile.Prepare(FilePath, JsonSerializer.SerializeToUtf8Bytes(note));
            file.Commit();
            return Task.CompletedTask;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.StateNotWritable(Path.GetDirectoryName(FilePath)!, error);
        }
    }

    /// <inheritdoc/>
    public Task ForgetAsync()
    {
        if (File.Exists(FilePath))
        {
            File.Delete(FilePath);
            NativeFile.SyncFolder(Path.GetDirectoryName(FilePath)!);
        }
        return Task.CompletedTask;
    }

    private static string PathOf(StateStore state, string dockerHost, string name) =>
        Path.Combine(state.Folder, "downgrades", $"{DeploymentLock.KeyOf(dockerHost, name)}.json");
}
