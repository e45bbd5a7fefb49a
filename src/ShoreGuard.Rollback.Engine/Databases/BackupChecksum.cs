using System.Buffers;
using System.Security.Cryptography;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Whether a backup is, to the last bit, the file that was made: what no look into it can tell.</summary>
internal static class BackupChecksum
{
    /// <summary>SHA-256 of a file, in lower case.</summary>
    public static Task<string> HashAsync(string path, CancellationToken cancellation) => Task.Run(() => Hash(path, cancellation), cancellation);

    // In large pieces by hand: HashDataAsync of a stream takes 1.1 s of a processor for a gibibyte, the hash itself and the reading 0.7 s.
    private static string Hash(string path, CancellationToken cancellation)
    {
        using var file = SharedFile.OpenHandle(path, FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Lent: each new one of this size brings a collection of all garbage nearer, whatever the size of the file.
        using var lent = MemoryPool<byte>.Shared.Rent(1 << 20);
        var buffer = lent.Memory.Span;
        long offset = 0;
        for (int read; (read = RandomAccess.Read(file, buffer, offset)) > 0; offset += read)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer[..read]);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await HashAsync(path, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ReadFailure.OfBackup(path, error);
        }
    }

    /// <summary>Holds a backup against what its sidecar says of it.</summary>
    /// <param name="path">The backup.</param>
    /// <param name="written">What its sidecar says; null when there is none, and nothing to hold it against.</param>
    /// <param name="checks">Where it is noted.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>.</exception>
    public static async Task VerifyAsync(string path, string? written, CheckRecorder checks, CancellationToken cancellation)
    {
        if (written is null)
            return;
        await checks.RunAsync("backup: SHA-256", async () =>
        {
            var now = await ReadAsync(path, cancellation).ConfigureAwait(false);
            return string.Equals(now, written, StringComparison.OrdinalIgnoreCase)
                ? (true, (string?)now)
                : throw Errors.BackupDamaged(path, $"its SHA-256 is {now}, and was {written} when it was made");
        }).ConfigureAwait(false);
    }
}
