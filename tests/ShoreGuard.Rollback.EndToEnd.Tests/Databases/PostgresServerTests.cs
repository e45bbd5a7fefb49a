using System.Management.Automation;
using Npgsql;
using ShoreGuard.Rollback.Tests;
using static ShoreGuard.Rollback.EndToEnd.Tests.Databases.PostgresMoments;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>The server killed, or restarted, in the middle of a restore: when it is back, under the name is the old database or the new one, whole,
/// and the result says which.</summary>
public abstract class PostgresServerTests(OwnPostgres server)
{
    [Theory]
    [InlineData(false, Loading)]
    [FullData(false, Analyzing)]
    [InlineData(true, Dumping)]
    [FullData(true, Loading)]
    [FullData(true, Analyzing)]
    public void It_is_killed_and_comes_back(bool inPlace, string moment)
    {
        using var box = Ready(inPlace, out var backup, out var before);
        if (moment == Dumping)
            before = Enlarge(box);
        var run = RestoreMeanwhile(box, backup, moment, () =>
        {
            server.Kill();
            Thread.Sleep(300);
            server.Start();
        });
        run.Error("RestoreFailed|DatabaseConnectionLost|BackupFailed", ErrorCategory.InvalidOperation, ErrorCategory.ConnectionError,
            ErrorCategory.InvalidResult);
        Reverted(run, box, before);
        NextCallRestores(box, backup);
    }

    [Theory]
    [FullData(false)]
    [InlineData(true)]
    public void It_is_restarted(bool inPlace)
    {
        using var box = Ready(inPlace, out var backup, out var before);
        var run = RestoreMeanwhile(box, backup, Loading, server.Restart);
        run.Error("RestoreFailed", ErrorCategory.InvalidOperation);
        Reverted(run, box, before);
        NextCallRestores(box, backup);
    }

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void It_is_killed_before_the_first_or_between_the_two_renames(bool first)
    {
        using var box = Ready(false, out var backup, out var before);
        NpgsqlConnection? hold = null;
        var run = RestoreMeanwhile(box, backup, Analyzing, () =>
        {
            hold = Hold(box, first ? box.Database : box.Databases("_restore_").Single());
            WaitFor(box, Renaming);
            server.Kill();
            server.Start();
        });
        hold!.Dispose();
        run.Error("RestoreFailed", ErrorCategory.InvalidOperation);
        Reverted(run, box, before);
        NextCallRestores(box, backup);
    }

    // A commit that waits for a standby is on the disk already: after the crash it has happened, though nobody was told.
    [Theory]
    [FullData(false)]
    [InlineData(true)]
    public void It_is_killed_as_it_commits(bool inPlace)
    {
        using var box = Ready(inPlace, out var backup, out var before);
        var run = RestoreMeanwhile(box, backup, Analyzing, () =>
        {
            Standby("nobody");
            WaitFor(box, "wait_event = 'SyncRep'");
            server.Kill();
            server.Start();
            Standby("");
        });
        Hurry(box, true);
        if (inPlace)
        {
            // What was committed stays, as the transaction's own number tells.
            var result = run.ThrowIfFailed().Single();
            Assert.Equal(("True", "017"), (result.Text("Succeeded"), result.Text("Revision")));
            Assert.NotEqual(before, box.Fingerprint());
            Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
            Assert.True(File.Exists(result.Text("Kept")));
        }
        else
        {
            // The exchange is taken back.
            run.Error("RestoreFailed", ErrorCategory.InvalidOperation);
            Reverted(run, box, before);
        }
        NextCallRestores(box, backup);
    }

    // Nobody could tell who holds it: it is no session.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_prepared_transaction_is_named(bool inPlace)
    {
        using var box = new PostgresSandbox(host: server).Fill("017").MayCreateDatabases(!inPlace);
        var before = box.Fingerprint();
        using (var role = box.OpenAsRole())
            PostgresSandbox.Sql(role, $"BEGIN; UPDATE gateways SET description = 'x'; PREPARE TRANSACTION 'half {box.Role}'");
        var run = box.Restore(PostgresSandbox.Real("012"));
        using (var role = box.OpenAsRole())
            PostgresSandbox.Sql(role, $"ROLLBACK PREPARED 'half {box.Role}'");
        Assert.Contains(
            $"the prepared transaction 'half {box.Role}'", run.Error("DatabaseBusy", ErrorCategory.ResourceBusy).ToString(), StringComparison.Ordinal);
        Assert.Equal(before, box.Fingerprint());
        box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed();
        Assert.Equal("012", box.Revision());
    }

    private OwnPostgres Server => server;

    private PostgresSandbox Ready(bool inPlace, out string backup, out string before)
    {
        var box = Slow(inPlace, out backup, out before, server);
        Hurry(box, false, index: true);
        return box;
    }

    private void Standby(string name)
    {
        using var session = server.Open();
        PostgresSandbox.Sql(session, "SET synchronous_commit = local");
        PostgresSandbox.Sql(session, $"ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        PostgresSandbox.Sql(session, "SELECT pg_reload_conf()");
    }

    private static void Reverted(RunResult run, PostgresSandbox box, string before)
    {
        var result = run.Single();
        Assert.Equal(("False", "True", "017"), (result.Text("Succeeded"), result.Text("Reverted"), result.Text("Revision")));
        WaitUntilAlone(box);
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal([box.Database], box.Databases(""));
    }

    private static void NextCallRestores(PostgresSandbox box, string backup)
    {
        Hurry(box, true);
        box.Restore(backup).ThrowIfFailed();
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
    }

    /// <summary>With PostgreSQL 15, and its tools on this machine.</summary>
    public sealed class Fifteen(PostgresCluster server) : PostgresServerTests(server), IClassFixture<PostgresCluster>
    {
        // The server does not know that the client has gone: it is still at it when it is asked how it ended, and would do the rest afterwards.
        [Fact]
        public void A_connection_that_is_lost_between_the_renames_does_not_do_the_rest_later()
        {
            using var box = Ready(false, out var backup, out var before);
            using var relay = new TcpRelay(Server.Superuser.Port);
            var url = box.Url.Replace($":{Server.Superuser.Port}/", $":{relay.Port}/", StringComparison.Ordinal);
            var run = Meanwhile(box, Analyzing, () =>
            {
                using var hold = Hold(box, box.Databases("_restore_").Single());
                WaitFor(box, Renaming);
                relay.Cut();
                Thread.Sleep(500);
            }, () => box.Module.Run("Restore-ShoreGuardDatabase -BackupPath $args[1] -DatabaseUrl $args[0] -Confirm:$false -Verbose", url, backup));
            run.Error("RestoreFailed", ErrorCategory.InvalidOperation);
            Reverted(run, box, before);
            NextCallRestores(box, backup);
        }
    }

    /// <summary>With PostgreSQL 17, and its tools in its container.</summary>
    [Full]
    public sealed class Seventeen(PostgresContainer server) : PostgresServerTests(server), IClassFixture<PostgresContainer>;
}
