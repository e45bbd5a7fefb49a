using System.Globalization;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Rollbacks;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>The images that are not to be deployed or gone back to again, by digest and by commit.</summary>
public static class Blocklist
{
    private const string Columns = "image, digest, git_sha, version, reason, blocked_at, blocked_by";

    /// <summary>Blocks an image; one that is blocked already gets the new reason.</summary>
    /// <exception cref="ShoreGuardException"><c>BlockTargetUnclear</c>; those of the journal.</exception>
    public static BlockedImage Add(BlockedImage image)
    {
        Require(image.Digest, image.GitSha, image.Image);
        using var journal = Journal.Open();
        // Only the very same entry is replaced: another one that this image falls under says more, or something else.
        Delete(journal, entry => entry.Digest == image.Digest && entry.GitSha == image.GitSha);
        journal.Query(
            $"INSERT INTO blocked_image ({Columns}) VALUES ($image, $digest, $sha, $version, $reason, $at, $by)", _ => true,
            ("$image", image.Image), ("$digest", image.Digest), ("$sha", image.GitSha), ("$version", image.Version), ("$reason", image.Reason),
            ("$at", image.BlockedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)), ("$by", image.BlockedBy));
        return image;
    }

    /// <summary>Takes an image off the list again.</summary>
    /// <returns>What was on it.</returns>
    /// <exception cref="ShoreGuardException"><c>BlockTargetUnclear</c>, <c>ImageNotBlocked</c>; those of the journal.</exception>
    public static IReadOnlyList<BlockedImage> Remove(string? digest, string? gitSha, string? image)
    {
        Require(digest, gitSha, image);
        if (Find(digest, gitSha).Count == 0)
            throw Errors.ImageNotBlocked(image ?? digest ?? gitSha!);
        using var journal = Journal.Open();
        return Delete(journal, entry => Matches(entry, digest, gitSha));
    }

    /// <summary>The entries that an image falls under; none when it is free.</summary>
    /// <param name="digest">Its digest; null when it is not known.</param>
    /// <param name="gitSha">Its commit, or the beginning of it; null when it is not known.</param>
    public static IReadOnlyList<BlockedImage> Find(string? digest, string? gitSha) => [.. All().Where(entry => Matches(entry, digest, gitSha))];

    /// <summary>Everything that is blocked, the latest first. Makes no file.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public static IReadOnlyList<BlockedImage> All()
    {
        using var journal = Journal.TryOpenForReading();
        return journal?.Query($"SELECT {Columns} FROM blocked_image ORDER BY blocked_at DESC", Read) ?? [];
    }

    /// <summary>Whether an image falls under an entry.</summary>
    public static bool Matches(BlockedImage entry, string? digest, string? gitSha) =>
        (entry.Digest is not null && entry.Digest == digest)
        || (entry.GitSha is not null && gitSha is not null && IdentityComparison.IsSameCommit(entry.GitSha, gitSha));

    private static List<BlockedImage> Delete(Journal journal, Func<BlockedImage, bool> isMeant)
    {
        var entries = journal.Query($"SELECT {Columns}, id FROM blocked_image", row => (Entry: Read(row), Id: row.GetInt64(7)))
            .Where(row => isMeant(row.Entry)).ToList();
        foreach (var (_, id) in entries)
            journal.Query("DELETE FROM blocked_image WHERE id = $id", _ => true, ("$id", id));
        return [.. entries.Select(row => row.Entry)];
    }

    private static void Require(string? digest, string? gitSha, string? image)
    {
        if (digest is null && gitSha is null)
            throw Errors.BlockTargetUnclear(image);
    }

    private static BlockedImage Read(SqliteDataReader row) => new()
    {
        Image = Text(row, 0),
        Digest = Text(row, 1),
        GitSha = Text(row, 2),
        Version = Text(row, 3),
        Reason = row.GetString(4),
        BlockedAt = DateTimeOffset.Parse(row.GetString(5), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
        BlockedBy = row.GetString(6),
    };

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
