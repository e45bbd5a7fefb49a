using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Engine.Rollbacks;

namespace ShoreGuard.Rollback.Engine.Tests.Rollbacks;

/// <summary>What the module remembers outlives its versions.</summary>
public sealed class JournalTests : IDisposable
{
    private const string Sha = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public JournalTests() => StateFolder.Use(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_of_the_first_format_is_brought_up_to_date_with_what_is_in_it()
    {
        using (var old = new SqliteConnection($"Data Source={Path.Combine(_folder, "journal.db")};Pooling=False"))
        {
            old.Open();
            using var command = old.CreateCommand();
            command.CommandText = $"""
                CREATE TABLE blocked_image (id INTEGER PRIMARY KEY, image TEXT, digest TEXT, git_sha TEXT, version TEXT, reason TEXT NOT NULL, blocked_at TEXT NOT NULL, blocked_by TEXT NOT NULL);
                INSERT INTO blocked_image (git_sha, reason, blocked_at, blocked_by) VALUES ('{Sha}', 'it is bad', '2026-11-20T03:12:14.0000000Z', 'operator');
                PRAGMA user_version = 1;
                """;
            command.ExecuteNonQuery();
        }

        var entry = Assert.Single(Blocklist.All());

        Assert.Equal((Sha, "it is bad", "operator"), (entry.GitSha, entry.Reason, entry.BlockedBy));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 3, 12, 14, TimeSpan.Zero), entry.BlockedAt);
        Assert.Empty(KnownGood.All());
    }

    [Fact]
    public void To_read_makes_no_file()
    {
        Assert.Empty(Blocklist.All());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("sha256:a", Sha, "sha256:a", null, true)]
    [InlineData("sha256:a", Sha, "sha256:b", Sha, false)]
    [InlineData("sha256:a", Sha, null, "a1b2c3d", true)]
    [InlineData(null, "a1b2c3d", "sha256:b", Sha, true)]
    [InlineData(null, Sha, null, "b1b2c3d", false)]
    [InlineData("sha256:a", null, null, Sha, false)]
    public void Of_two_digests_only_the_same_one_is_known_good(string? digest, string? sha, string? otherDigest, string? otherSha, bool matches) =>
        Assert.Equal(matches, KnownGood.Matches(new KnownGoodBuild { Digest = digest, GitSha = sha, Reason = "", ProvenBy = "", ProvenAt = default }, otherDigest, otherSha));
}
