using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

public sealed class KnownGoodTests
{
    private const string Digest = "sha256:0123";

    // Its migrations are others on PostgreSQL, and one of them may fail there.
    [Theory]
    [InlineData(null, DatabaseKind.Postgres, true)]
    [InlineData(DatabaseKind.Sqlite, DatabaseKind.Postgres, false)]
    [InlineData(DatabaseKind.Postgres, DatabaseKind.Postgres, true)]
    [InlineData(DatabaseKind.Sqlite, null, true)]
    public void A_mark_counts_for_the_kind_of_database_that_it_was_made_with(DatabaseKind? marked, DatabaseKind? asked, bool counts) =>
        Assert.Equal(counts, KnownGood.Counts(Mark(marked, "x"), asked));

    [Fact]
    public void Of_several_marks_the_one_that_counts_is_told()
    {
        KnownGoodBuild[] marks = [Mark(DatabaseKind.Sqlite, "with SQLite"), Mark(DatabaseKind.Postgres, "with PostgreSQL")];
        Assert.Equal("with PostgreSQL", KnownGood.Find(marks, Digest, null, DatabaseKind.Postgres)!.Reason);
        Assert.Equal("with SQLite", KnownGood.Find(marks[..1], Digest, null, DatabaseKind.Postgres)!.Reason);
        Assert.Null(KnownGood.Find(marks, "sha256:4567", null, DatabaseKind.Postgres));
    }

    private static KnownGoodBuild Mark(DatabaseKind? kind, string reason) =>
        new() { Digest = Digest, Reason = reason, ProvenAt = DateTimeOffset.UnixEpoch, ProvenBy = "somebody", Database = kind };
}
