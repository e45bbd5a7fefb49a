using System.Globalization;
using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>An image in one of the journal's lists.</summary>
/// <param name="Image">The reference it was named by; null when only its commit was.</param>
/// <param name="Digest">The registry's digest; null when only its commit counts.</param>
/// <param name="GitSha">The commit that was built into it; null when only the digest counts.</param>
/// <param name="Version">The release that was built into it, for people.</param>
/// <param name="Reason">Why it is in the list.</param>
/// <param name="At">When it was put there, UTC.</param>
/// <param name="By">Who put it there.</param>
/// <param name="Database">The kind of database that this is about; null where it is about any.</param>
internal sealed record ImageEntry(
    string? Image, string? Digest, string? GitSha, string? Version, string Reason, DateTimeOffset At, string By, DatabaseKind? Database = null);

/// <summary>Images that the journal knows something about, by digest and by commit.</summary>
/// <param name="state">The store that it belongs to.</param>
/// <param name="table">Its table.</param>
internal sealed class ImageList(StateStore state, string table)
{
    private const string Columns = "image, digest, git_sha, version, reason, at, by, database";

    /// <summary>Adds an image; the very same one gets the new reason and time.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public void Add(ImageEntry entry)
    {
        using var journal = state.OpenJournal();
        // Only the very same entry is replaced: another one that this image falls under says more, or something else.
        Delete(journal, other => (other.Digest, other.GitSha, other.Database) == (entry.Digest, entry.GitSha, entry.Database));
        journal.Query(
            $"INSERT INTO {table} ({Columns}) VALUES ($image, $digest, $sha, $version, $reason, $at, $by, $database)", _ => true,
            ("$image", entry.Image), ("$digest", entry.Digest), ("$sha", entry.GitSha), ("$version", entry.Version), ("$reason", entry.Reason),
            ("$at", entry.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)), ("$by", entry.By), ("$database", entry.Database?.ToString()));
    }

    /// <summary>Takes images out.</summary>
    /// <returns>What was in the list.</returns>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<ImageEntry> Remove(Func<ImageEntry, bool> isMeant)
    {
        using var journal = state.OpenJournal();
        return Delete(journal, isMeant);
    }

    /// <summary>Everything in the list, the latest first. Makes no file.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<ImageEntry> All()
    {
        using var journal = state.TryReadJournal();
        return journal?.Query($"SELECT {Columns} FROM {table} ORDER BY at DESC", Read) ?? [];
    }

    private List<ImageEntry> Delete(Journal journal, Func<ImageEntry, bool> isMeant)
    {
        var entries = journal.Query($"SELECT {Columns}, id FROM {table}", row => (Entry: Read(row), Id: row.GetInt64(8)))
            .Where(row => isMeant(row.Entry)).ToList();
        foreach (var (_, id) in entries)
            journal.Query($"DELETE FROM {table} WHERE id = $id", _ => true, ("$id", id));
        return [.. entries.Select(row => row.Entry)];
    }

    private static ImageEntry Read(SqliteDataReader row) => new(
        Text(row, 0), Text(row, 1), Text(row, 2), Text(row, 3), row.GetString(4),
        DateTimeOffset.Parse(row.GetString(5), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal), row.GetString(6),
        Enum.TryParse<DatabaseKind>(Text(row, 7), out var kind) ? kind : null);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
