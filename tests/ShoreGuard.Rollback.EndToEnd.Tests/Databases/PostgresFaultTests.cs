using System.Diagnostics;
using System.Management.Automation;
using ShoreGuard.Rollback.Tests;
using static ShoreGuard.Rollback.EndToEnd.Tests.Databases.PostgresMoments;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>What goes wrong in the middle of a PostgreSQL restore leaves the old database as it was, row by row, and nothing else.</summary>
public sealed class PostgresFaultTests
{
    [Theory]
    [InlineData(15, false)]
    [FullData(15, true)]
    [FullData(17, false)]
    [InlineData(17, true)]
    public void Pg_restore_is_killed(int major, bool inPlace)
    {
        using var box = Slow(inPlace, out var backup, out var before, PostgresHost.Of(major));
        var run = RestoreMeanwhile(box, backup, Loading, () => Kill("pg_restore", box));
        Undone(run, box, before, "RestoreFailed", ErrorCategory.InvalidOperation);
    }

    [Theory]
    [InlineData(15)]
    [FullData(17)]
    public void Psql_is_killed(int major)
    {
        using var box = Slow(true, out var backup, out var before, PostgresHost.Of(major));
        var run = RestoreMeanwhile(box, backup, Loading, () => Kill("psql", box));
        Undone(run, box, before, "RestoreFailed", ErrorCategory.InvalidOperation);
    }

    [Theory]
    [FullData(15, false)]
    [InlineData(15, true)]
    [InlineData(17, false)]
    [FullData(17, true)]
    public void The_session_is_ended_by_the_server(int major, bool inPlace)
    {
        using var box = Slow(inPlace, out var backup, out var before, PostgresHost.Of(major));
        var run = RestoreMeanwhile(box, backup, Loading, () =>
            box.Query("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{box.Role}' AND {Loading}"));
        Undone(run, box, before, "RestoreFailed", ErrorCategory.InvalidOperation);
        Assert.Contains("terminating connection due to administrator command", run.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(15, false)]
    [FullData(15, true)]
    [FullData(17, false)]
    [InlineData(17, true)]
    public void The_operator_stops_it(int major, bool inPlace)
    {
        using var box = Slow(inPlace, out var backup, out var before, PostgresHost.Of(major));
        box.Module.RunAndStop(
            $"& {{ Restore-ShoreGuardDatabase -BackupPath '{backup}' {box.On} -Confirm:$false }} '{box.Url}'",
            () => WaitFor(box, Loading));
        Untouched(box, before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_backup_is_written_to(bool inPlace)
    {
        using var box = Slow(inPlace, out var backup, out var before);
        var written = File.GetLastWriteTimeUtc(backup);
        var run = RestoreMeanwhile(box, backup, Loading, () =>
        {
            using (var file = File.OpenWrite(backup))
                file.WriteByte((byte)'P'); // As before.
            File.SetLastWriteTimeUtc(backup, written);
        });
        Undone(run, box, before, "BackupChanged", ErrorCategory.ResourceBusy);
    }

    // One of several connections notices while it restores, a single one afterwards.
    [Theory]
    [InlineData(1, "DatabaseLoginFailed", ErrorCategory.AuthenticationError)]
    [InlineData(2, "RestoreFailed", ErrorCategory.InvalidOperation)]
    public void The_password_changes_on_the_way_and_the_new_database_goes_all_the_same(int jobs, string id, ErrorCategory category)
    {
        using var box = Slow(false, out var backup, out var before);
        var run = RestoreMeanwhile(box, backup, Loading, () => box.Sql("postgres", $"ALTER ROLE {box.Role} PASSWORD 'another'"), $"-Jobs {jobs}");
        // Nobody can look any more, so nothing is said of what is there.
        Undone(run, box, before, id, category, revision: null);
        Assert.Contains("What the database holds now could not be read", run.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void In_place_the_password_may_change_on_the_way()
    {
        using var box = Slow(true, out var backup, out var before);
        var run = RestoreMeanwhile(box, backup, Loading, () => box.Sql("postgres", $"ALTER ROLE {box.Role} PASSWORD 'another'"));
        Assert.Equal("True", run.ThrowIfFailed().Single().Text("Succeeded"));
        Assert.NotEqual(before, box.Fingerprint());
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
    }

    [Fact]
    public void The_new_database_is_refused()
    {
        using var box = new PostgresSandbox().Fill("017");
        var tablespace = $"space_{box.Role}";
        using (var superuser = box.Open("postgres"))
        {
            foreach (var sql in new[] { "SET allow_in_place_tablespaces = on", $"CREATE TABLESPACE {tablespace} LOCATION ''",
                $"ALTER DATABASE \"{box.Database}\" SET TABLESPACE {tablespace}" })
            {
                using var command = new Npgsql.NpgsqlCommand(sql, superuser);
                command.ExecuteNonQuery();
            }
        }
        try
        {
            var before = box.Fingerprint();
            var run = box.Restore(PostgresSandbox.Real("012"));
            Undone(run, box, before, "RestoreFailed", ErrorCategory.PermissionDenied);
            Assert.Contains($"permission denied for tablespace {tablespace}", run.Errors[0].ToString(), StringComparison.Ordinal);
        }
        finally
        {
            box.Sql("postgres", $"ALTER DATABASE \"{box.Database}\" SET TABLESPACE pg_default");
            box.Sql("postgres", $"DROP TABLESPACE {tablespace}");
        }
    }

    [Fact]
    public void A_session_appears_before_the_names_are_exchanged()
    {
        using var box = Slow(false, out var backup, out var before);
        Npgsql.NpgsqlConnection? session = null;
        var run = RestoreMeanwhile(box, backup, Loading, () => session = box.OpenAsRole());
        session!.Dispose();
        Undone(run, box, before, "DatabaseBusy", ErrorCategory.ResourceBusy);
        Assert.Contains("the application", run.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void In_place_a_session_takes_a_lock_while_the_present_database_is_backed_up()
    {
        using var box = Slow(true, out var backup, out _);
        var before = Enlarge(box);
        Npgsql.NpgsqlConnection? session = null;
        var clock = new Stopwatch();
        var run = RestoreMeanwhile(box, backup, Dumping, () =>
        {
            session = box.OpenAsRole();
            using var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE gateways IN ACCESS SHARE MODE", session);
            command.ExecuteNonQuery();
            clock.Start();
        });
        Assert.InRange(clock.Elapsed.TotalSeconds, 4, 30);
        session!.Dispose();
        Undone(run, box, before, "DatabaseBusy", ErrorCategory.ResourceBusy);
        Assert.Contains("the application", run.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void In_place_nobody_writes_between_the_safety_copy_and_the_drop()
    {
        using var box = Slow(true, out var backup, out _);
        Enlarge(box);
        string? refusal = null;
        var run = RestoreMeanwhile(box, backup, Dumping, () =>
        {
            using var session = box.OpenAsRole();
            using var command = new Npgsql.NpgsqlCommand("SET lock_timeout = '300ms'; DELETE FROM audit_log", session);
            refusal = Assert.Throws<Npgsql.PostgresException>(() => command.ExecuteNonQuery()).SqlState;
        });
        Assert.Equal("55P03", refusal);
        Assert.Equal("True", run.ThrowIfFailed().Single().Text("Succeeded"));
    }

    private static void Undone(RunResult run, PostgresSandbox box, string before, string id, ErrorCategory category, string? revision = "017")
    {
        var error = run.Error(id, category);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Append(error.ToString()), text =>
            text.Contains(PostgresSandbox.Password, StringComparison.Ordinal));
        var result = run.Single();
        Assert.Equal(
            ("False", "True", "017", revision), (result.Text("Succeeded"), result.Text("Reverted"), result.Text("RevisionBefore"), result.Text("Revision")));
        Assert.NotNull(result.Text("Reason"));
        Assert.Null(result.Text("Kept"));
        Untouched(box, before);
    }

    // Old rows, no side database, no session, no file but the backup that was to be restored.
    private static void Untouched(PostgresSandbox box, string before)
    {
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal([box.Database], box.Databases(""));
        Assert.True(Directory.GetFiles(box.Folder, "*.pgdump").Length <= 1, string.Join(", ", Directory.GetFiles(box.Folder, "*.pgdump")));
        WaitUntilAlone(box);
    }
}
