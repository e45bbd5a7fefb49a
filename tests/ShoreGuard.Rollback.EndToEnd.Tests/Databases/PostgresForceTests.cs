using System.Management.Automation;
using Npgsql;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>What -Force does to a PostgreSQL database that others use.</summary>
public sealed class PostgresForceTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sessions_of_others_are_told_and_ended_however_often_they_come_back(bool createDb)
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(createDb);
        using var idle = box.OpenAsRole();
        using var locking = box.OpenAsRole();
        using var transaction = locking.BeginTransaction();
        using (var command = new NpgsqlCommand("UPDATE gateways SET name = name", locking))
            command.ExecuteNonQuery();
        box.Restore(PostgresSandbox.Real("012")).Error("DatabaseBusy", ErrorCategory.ResourceBusy);

        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 3).Select(_ => Task.Run(() => ComeBack(box, stop.Token))).ToList();
        var run = box.Restore(PostgresSandbox.Real("012"), $"-Force -Path '{box.Folder}'");
        stop.Cancel();
        Assert.True(clients.Sum(client => client.Result) > 0);
        Assert.Equal("012", run.ThrowIfFailed().Single().Text("Revision"));
        Assert.Contains(run.Verbose, text =>
            text.Contains("the sessions of others are ended then, which now are: the application (", StringComparison.Ordinal));
        Assert.Throws<PostgresException>(() => new NpgsqlCommand("SELECT 1", idle).ExecuteNonQuery());
        Assert.Equal("012", box.Revision());
        using (box.OpenAsRole())
        {
        }
        Assert.Equal("t",
            box.Query("postgres", $"SELECT bool_and(datallowconn AND datconnlimit = -1) FROM pg_database WHERE datname LIKE '{box.Database}%'")[0]
            .ToLowerInvariant()[..1]);
    }

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void A_session_that_the_role_may_not_end_is_named_and_nothing_is_changed(bool createDb)
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(createDb);
        var before = box.Fingerprint();
        using (box.Open(box.Database))
        {
            var error = box.Restore(PostgresSandbox.Real("012"), $"-Force -Path '{box.Folder}'").Error("SessionsNotOurs", ErrorCategory.PermissionDenied);
            Assert.Matches(@"\(postgres from .+, process \d+\)", error.ToString());
        }
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal([box.Database], box.Databases(""));
        Assert.Empty(Directory.GetFiles(box.Folder));
    }

    [Theory]
    [FullData(true)]
    [InlineData(false)]
    public void Another_applications_database_is_replaced_with_force_alone(bool createDb)
    {
        using var box = new PostgresSandbox(createDb);
        using (var role = box.OpenAsRole())
        using (var command = new NpgsqlCommand("CREATE SCHEMA other CREATE TABLE other.x (y int); INSERT INTO other.x VALUES (7)", role))
            command.ExecuteNonQuery();
        var error = box.Restore(PostgresSandbox.Real("012"), $"-Path '{box.Folder}'").Error("RestoreForeign", ErrorCategory.InvalidOperation);
        Assert.Contains("-Force", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal([box.Database], box.Databases(""));
        var result = box.Restore(PostgresSandbox.Real("012"), $"-Force -Path '{box.Folder}'").ThrowIfFailed().Single();
        Assert.Equal("012", box.Revision());
        Assert.NotNull(result.Text("Kept"));
        if (createDb)
            Assert.Equal("7", box.Query(result.Text("Kept")!, "SELECT y FROM other.x")[0]);
        const string Undo = "$args[0] | Restore-ShoreGuardDatabase -Undo -DatabaseUrl $args[1] -Confirm:$false";
        box.Module.Run(Undo, result, box.Url)
            .Error(createDb ? "KeptDamaged" : "KeptForeign", createDb ? ErrorCategory.InvalidData : ErrorCategory.InvalidOperation);
        var undone = box.Module.Run($"{Undo} -Force", result, box.Url).ThrowIfFailed().Single();
        Assert.Equal(("True", null), (undone.Text("Succeeded"), undone.Text("Revision")));
        Assert.Equal("7", box.Query(box.Database, "SELECT y FROM other.x")[0]);
        box.Module.Run(Undo, undone, box.Url).Error("RestoreForeign", ErrorCategory.InvalidOperation);
        Assert.Equal("012", box.Module.Run($"{Undo} -Force", undone, box.Url).ThrowIfFailed().Single().Text("Revision"));
    }

    // As an application's pool does: whenever it is put out, it logs in again.
    private static int ComeBack(PostgresSandbox box, CancellationToken stop)
    {
        var times = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var session = box.OpenAsRole();
                times++;
                while (!stop.IsCancellationRequested)
                {
                    using var command = new NpgsqlCommand("SELECT count(*) FROM gateways", session) { CommandTimeout = 30 };
                    command.ExecuteScalar();
                    Thread.Sleep(5);
                }
            }
            catch (NpgsqlException)
            {
                // Put out, or not let in.
            }
        }
        return times;
    }
}
