using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>A backup that held every proof when it was made, and is, by its SHA-256, that very file: its proofs would find the same again.</summary>
/// <param name="Version">The file that was held against the SHA-256.</param>
/// <param name="Sidecar">What was found when it was made.</param>
internal sealed record ProvenBackup(NativeFile.Version Version, BackupSidecar Sidecar)
{
    /// <summary>Holds a backup against its sidecar.</summary>
    /// <param name="path">The backup.</param>
    /// <param name="checks">Where it is noted.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Null for one that has no sidecar, or one that does not say that it was proven.</returns>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>.</exception>
    public static async Task<ProvenBackup?> VerifyAsync(string path, CheckRecorder checks, CancellationToken cancellation)
    {
        var sidecar = BackupSidecar.TryRead(path);
        var version = NativeFile.VersionOf(path);
        await BackupChecksum.VerifyAsync(path, sidecar?.Sha256, checks, cancellation).ConfigureAwait(false);
        return sidecar is { Sha256: not null, Proven: true } ? new(version, sidecar) : null;
    }
}
