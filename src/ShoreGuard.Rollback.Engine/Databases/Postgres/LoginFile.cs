using System.Formats.Tar;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A small file that a container has for its application's log-in.</summary>
/// <param name="Content">What is in it.</param>
/// <param name="Mode">Who may read it.</param>
internal sealed record LoginFile(byte[] Content, UnixFileMode Mode)
{
    // More than any has; what is longer is something else.
    private const int LongestFile = 1 << 20;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Whether nobody but its owner gets at it.</summary>
    public bool IsPrivate => (Mode & Others) == 0;

    /// <summary>Reads one; null where there is none.</summary>
    /// <param name="engine">The container's engine.</param>
    /// <param name="container">The container.</param>
    /// <param name="path">In it.</param>
    /// <param name="isNamed">Whether somebody names it; one that libpq looks for by itself is none where the engine does not get at it, as an Engine 28.5 does
    /// not get at any in a container with a mount below a link (<c>path escapes from parent</c>).</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<LoginFile?> ReadAsync(IContainerEngine engine, string container, string path, bool isNamed, CancellationToken cancellation)
    {
        try
        {
            await using var archive = await engine.GetArchiveAsync(container, path, cancellation).ConfigureAwait(false);
            await using var reader = new TarReader(archive);
            var entry = await reader.GetNextEntryAsync(copyData: false, cancellation).ConfigureAwait(false);
            if (entry is not { DataStream: not null, Length: <= LongestFile })
                return null;
            using var content = new MemoryStream();
            await entry.DataStream.CopyToAsync(content, cancellation).ConfigureAwait(false);
            return new(content.ToArray(), entry.Mode);
        }
        catch (ShoreGuardException error) when (error.Kind == FailureKind.ObjectNotFound || (!isNamed && error.Id == nameof(Errors.EngineRefused)))
        {
            return null;
        }
    }
}
