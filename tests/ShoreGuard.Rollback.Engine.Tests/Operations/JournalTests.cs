using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>What the module remembers outlives its versions.</summary>
public sealed class JournalTests : IDisposable
{
    private const string Sha = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    private StateStore State => new(_folder);

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

        var entry = Assert.Single(State.Blocklist.All());

        Assert.Equal((Sha, "it is bad", "operator"), (entry.GitSha, entry.Reason, entry.BlockedBy));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 3, 12, 14, TimeSpan.Zero), entry.BlockedAt);
        Assert.Empty(State.KnownGood.All());
    }

    [Fact]
    public void To_read_makes_no_file()
    {
        Assert.Empty(State.Blocklist.All());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void What_a_killed_process_has_left_of_making_it_is_taken_away_and_what_another_is_making_is_not()
    {
        var (left, made) = (Path.Combine(_folder, $"journal.db.{Guid.NewGuid():n}.tmp"), Path.Combine(_folder, $"journal.db.{Guid.NewGuid():n}.tmp"));
        File.WriteAllText(left, "");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-2));
        File.WriteAllText(made, "");

        State.OpenJournal().Dispose();

        Assert.False(File.Exists(left));
        Assert.True(File.Exists(made));
    }

    // Taken for a new one, it would let a blocked image pass.
    [Fact]
    public void An_empty_one_or_another_database_is_not_taken_for_a_new_one()
    {
        var path = Path.Combine(_folder, "journal.db");
        File.WriteAllBytes(path, []);
        Assert.Equal("JournalUnreadable", Assert.Throws<ShoreGuardException>(() => State.Blocklist.All()).Id);
        var error = Assert.Throws<ShoreGuardException>(() => State.OpenJournal());
        Assert.Equal("JournalUnreadable", error.Id);
        Assert.Contains("it is empty", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(path).Length);

        using (var other = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "CREATE TABLE others (id INTEGER)";
            command.ExecuteNonQuery();
        }
        Assert.Equal("JournalUnreadable", Assert.Throws<ShoreGuardException>(() => State.Blocklist.All()).Id);
        Assert.Equal("JournalUnreadable", Assert.Throws<ShoreGuardException>(() => State.OpenJournal()).Id);
    }

    [Fact]
    public void Of_many_that_make_it_at_once_each_finds_a_whole_one_and_nothing_is_left_beside_it()
    {
        Parallel.For(0, 16, _ => State.OpenJournal().Dispose());
        Assert.Empty(State.Blocklist.All());
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder), path => path.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_only_to_be_read_does_not_speak_of_writing()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "journal.db"));
        var error = Assert.Throws<ShoreGuardException>(() => State.Blocklist.All());
        Assert.Equal(("JournalNotReadable", FailureKind.ReadError), (error.Id, error.Kind));
        Assert.DoesNotContain("written", error.Message, StringComparison.Ordinal);
        Assert.Equal("StateNotWritable", Assert.Throws<ShoreGuardException>(() => State.OpenJournal()).Id);
    }

    [Theory]
    [InlineData("sha256:a", Sha, "sha256:a", null, true)]
    [InlineData("sha256:a", Sha, "sha256:b", Sha, false)]
    [InlineData("sha256:a", Sha, null, "a1b2c3d", true)]
    [InlineData(null, "a1b2c3d", "sha256:b", Sha, true)]
    [InlineData(null, Sha, null, "b1b2c3d", false)]
    [InlineData("sha256:a", null, null, Sha, false)]
    public void Of_two_digests_only_the_same_one_is_known_good(string? digest, string? sha, string? otherDigest, string? otherSha, bool matches) =>
        Assert.Equal(matches,
            KnownGood.Matches(new KnownGoodBuild { Digest = digest, GitSha = sha, Reason = "", ProvenBy = "", ProvenAt = default }, otherDigest, otherSha));
}
