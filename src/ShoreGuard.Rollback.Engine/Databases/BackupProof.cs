using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>The proof that a backup is, by the SHA-256 in its sidecar, the file that was made: by reading it, or by a copy of it that was read back.</summary>
internal sealed class BackupProof
{
    private readonly string _path;
    private readonly CheckRecorder _checks;
    private readonly CancellationToken _cancellation;
    private readonly BackupSidecar? _sidecar;

    /// <summary>Looks at the sidecar.</summary>
    /// <param name="path">The backup.</param>
    /// <param name="reporter">Where is said what came of it.</param>
    /// <param name="cancellation">Stops it.</param>
    public BackupProof(string path, IReporter reporter, CancellationToken cancellation)
    {
        (_path, _checks, _cancellation) = (path, new(reporter), cancellation);
        _sidecar = BackupSidecar.TryRead(path);
        var version = NativeFile.VersionOf(path);
        Expected = _sidecar is { Sha256: not null, Proven: true } ? new(version, _sidecar) : null;
    }

    /// <summary>What the backup is if it turns out to be unchanged; null for one that has no sidecar, or one that does not say that it was proven.</summary>
    public ProvenBackup? Expected { get; }

    /// <summary>What came of it.</summary>
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    /// <summary>Whether it still has to be made.</summary>
    public bool IsPending { get; private set; } = true;

    /// <summary>Makes it by reading the backup, unless it has been made.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>.</exception>
    public async Task EnsureAsync()
    {
        if (!IsPending)
            return;
        await BackupChecksum.VerifyAsync(_path, _sidecar?.Sha256, _checks, _cancellation).ConfigureAwait(false);
        IsPending = false;
    }

    /// <summary>Makes it by what was found of a copy: that can be no other's than that of the backup.</summary>
    /// <returns>Whether it holds.</returns>
    public bool Accept(string sha256OfCopy, TimeSpan took)
    {
        if (!string.Equals(sha256OfCopy, _sidecar?.Sha256, StringComparison.OrdinalIgnoreCase))
            return false;
        _checks.Add("backup: SHA-256", true, $"{sha256OfCopy}, of its copy as it was read back", took);
        IsPending = false;
        return true;
    }
}
