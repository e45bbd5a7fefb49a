using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A role that may not do what it would have to do is told so before anything starts.</summary>
public sealed class PostgresRightsTests
{
    [Theory]
    [InlineData(15)]
    [FullData(17)]
    public void A_wrong_password(int major)
    {
        using var box = new PostgresSandbox(host: PostgresHost.Of(major)).Fill("017");
        var before = box.Fingerprint();
        box.Sql("postgres", $"ALTER ROLE {box.Role} PASSWORD 'another'");
        box.Restore(PostgresSandbox.Real("012")).Error("DatabaseLoginFailed", ErrorCategory.AuthenticationError);
        box.BackUp().Error("DatabaseLoginFailed", ErrorCategory.AuthenticationError);
        Unchanged(box, before);
    }

    [Theory]
    [FullData(15)]
    [InlineData(17)]
    public void A_table_that_it_may_not_read(int major)
    {
        using var box = new PostgresSandbox(host: PostgresHost.Of(major)).Fill("017");
        box.Sql(box.Database, "CREATE TABLE public.of_another (x int)");
        var before = box.Fingerprint();
        foreach (var run in (RunResult[])[box.BackUp(), box.Restore(PostgresSandbox.Real("012"))])
            Assert.Contains(
                "permission denied for table of_another", run.Error("DatabaseDenied", ErrorCategory.PermissionDenied).ToString(), StringComparison.Ordinal);
        Unchanged(box, before);
    }

    [Fact]
    public void Rows_that_it_may_not_see()
    {
        // In place, the present database is backed up first.
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        box.Sql(box.Database, "ALTER TABLE gateways ENABLE ROW LEVEL SECURITY; ALTER TABLE gateways FORCE ROW LEVEL SECURITY");
        var before = box.Fingerprint();

        foreach (var run in (RunResult[])[box.BackUp(), box.Restore(PostgresSandbox.Real("012"))])
        {
            var error = run.Error("DatabaseDenied|BackupFailed", ErrorCategory.PermissionDenied, ErrorCategory.InvalidResult);
            Assert.Contains("BYPASSRLS", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        Unchanged(box, before);
    }

    [Fact]
    public void A_database_that_it_may_not_connect_to()
    {
        using var box = new PostgresSandbox().Fill("017");
        var before = box.Fingerprint();
        box.Sql("postgres", $"ALTER DATABASE {box.Database} OWNER TO postgres; REVOKE CONNECT ON DATABASE {box.Database} FROM PUBLIC");
        box.Restore(PostgresSandbox.Real("012")).Error("DatabaseDenied", ErrorCategory.PermissionDenied);
        Unchanged(box, before);
    }

    // It may create databases, but not rename one of somebody else: so what is in it is replaced, or not.
    [Fact]
    public void A_database_of_somebody_else()
    {
        using var box = new PostgresSandbox().Fill("017");
        box.Sql("postgres", $"ALTER DATABASE {box.Database} OWNER TO postgres");
        box.Restore(PostgresSandbox.Real("012")).Error("RestoreMayNotCreate", ErrorCategory.PermissionDenied);
        Assert.Equal(("017", 1), (box.Revision(), box.Databases("").Count));
    }

    // A limit that suits the application's statements would end a backup's, which only waits while pg_dump works.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Limits_of_the_role_for_its_statements_do_not_count(bool inPlace)
    {
        using var box = PostgresMoments.Slow(inPlace, out var backup, out _);
        foreach (var limit in (string[])["statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout", "idle_session_timeout"])
            box.Sql("postgres", $"ALTER ROLE {box.Role} SET {limit} = '150ms'");
        box.Restore(backup).ThrowIfFailed();
        box.BackUp().ThrowIfFailed();
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
    }

    private static void Unchanged(PostgresSandbox box, string before)
    {
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal([box.Database], box.Databases(""));
        Assert.Empty(Directory.GetFiles(box.Folder));
    }
}
