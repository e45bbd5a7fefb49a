using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Holds a backup against the SHA-256 in its sidecar, beside whatever else is done meanwhile.</summary>
internal sealed class BackupProof : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly CheckRecorder _checks;
    private readonly Task _comparing;

    private BackupProof(string path, IReporter reporter, CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _checks = new(reporter);
        var sidecar = BackupSidecar.TryRead(path);
        var version = NativeFile.VersionOf(path);
        _comparing = BackupChecksum.VerifyAsync(path, sidecar?.Sha256, _checks, _stop.Token);
        Expected = sidecar is { Sha256: not null, Proven: true } ? new(version, sidecar) : null;
    }

    /// <summary>What the backup is if it turns out to be unchanged; null for one that has no sidecar, or one that does not say that it was proven.</summary>
    public ProvenBackup? Expected { get; }

    /// <summary>What came of it; nothing before it has been waited for.</summary>
    public IReadOnlyList<DatabaseCheck> Checks => _comparing.IsCompleted ? _checks.Checks : [];

    /// <summary>Begins.</summary>
    /// <param name="path">The backup.</param>
    /// <param name="reporter">Where is said what came of it.</param>
    /// <param name="cancellation">Stops it.</param>
    public static BackupProof Begin(string path, IReporter reporter, CancellationToken cancellation) => new(path, reporter, cancellation);

    /// <summary>Waits for it.</summary>
    /// <returns>What is known of the backup from when it was made; null when nothing is.</returns>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>.</exception>
    public async Task<ProvenBackup?> EndAsync()
    {
        await _comparing.ConfigureAwait(false);
        return Expected;
    }

    public void Dispose()
    {
        _stop.Cancel();
        // Nobody may be waiting for it any more.
        _ = _comparing.ContinueWith(static done => done.Exception, TaskScheduler.Default);
        _stop.Dispose();
    }
}
