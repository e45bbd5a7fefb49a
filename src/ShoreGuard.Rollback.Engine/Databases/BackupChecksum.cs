using System.Security.Cryptography;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Whether a backup is, to the last bit, the file that was made: what no look into it can tell.</summary>
internal static class BackupChecksum
{
    /// <summary>SHA-256 of a file, in lower case.</summary>
    public static async Task<string> HashAsync(string path, CancellationToken cancellation)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
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
            var now = await HashAsync(path, cancellation).ConfigureAwait(false);
            return string.Equals(now, written, StringComparison.OrdinalIgnoreCase)
                ? (true, (string?)now)
                : throw Errors.BackupDamaged(path, $"its SHA-256 is {now}, and was {written} when it was made");
        }).ConfigureAwait(false);
    }
}
