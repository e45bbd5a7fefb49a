using System.Management.Automation;
using ShoreGuard.Rollback.Tests;
using static ShoreGuard.Rollback.EndToEnd.Tests.Databases.PostgresMoments;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Two restores of one database at once: what is there in the end is whole, and is what the last that succeeded has restored.</summary>
public sealed class PostgresConcurrencyTests
{
    [Theory]
    [FullData(15)]
    [InlineData(17)]
    public void Both_beside_it(int major)
    {
        using var box = Slow(false, out var backup, out var before, PostgresHost.Of(major));
        using var other = new ModuleHost();
        var runs = Both(() =>
            box.Restore(backup), () => other.Run($"Restore-ShoreGuardDatabase -BackupPath $args[1] {box.On} -Confirm:$false -Verbose", box.Url, backup));
        var done = runs.Where(run => run.Errors.Count == 0).ToList();
        foreach (var run in runs.Except(done))
        {
            // Refused as it was planned, or as it was to begin where both know the deployment; or undone.
            run.Error("DatabaseBusy|RestoreFailed|RollbackInProgress", ErrorCategory.ResourceBusy, ErrorCategory.InvalidOperation);
            Assert.All(run.Output, result => Assert.Equal("True", result.Text("Reverted")));
        }
        // Each may have found the other in its way.
        if (done.Count == 0)
            Assert.Equal(before, box.Fingerprint());
        else
            Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
        // Nothing is lost: what was there is kept by the first, what the first restored by the second.
        var kept = done.Select(run => run.Single().Text("Kept")!).ToList();
        Assert.Equal(kept.Append(box.Database).Order(StringComparer.Ordinal), box.Databases("").Order(StringComparer.Ordinal));
        Assert.Equal(done.Count == 0 ? 0 : 1, kept.Count(name => box.Fingerprint(name) == before));
    }

    // Both are given the URL alone: the server's lock tells.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_beside_it_while_another_comes(bool secondInPlace)
    {
        using var box = Slow(false, out var backup, out var before, PostgresHost.Of(15));
        Hurry(box, fast: false, seconds: 10);
        RunResult? second = null;
        var first = RestoreMeanwhile(box, backup, Loading, () =>
        {
            box.MayCreateDatabases(!secondInPlace);
            using var other = new ModuleHost();
            second = other.Run($"Restore-ShoreGuardDatabase -BackupPath $args[1] {box.On} -Confirm:$false", box.Url, backup);
            box.MayCreateDatabases(true);
            Hurry(box, fast: true);
        });
        Assert.Contains(
            $": restore by {Environment.UserName} on ", second!.Error("RollbackInProgress", ErrorCategory.ResourceBusy).ToString(), StringComparison.Ordinal);
        var kept = first.ThrowIfFailed().Single().Text("Kept")!;
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
        Assert.Equal(before, box.Fingerprint(kept));
        Assert.Equal(new[] { kept, box.Database }.Order(StringComparer.Ordinal), box.Databases("").Order(StringComparer.Ordinal));
    }

    [Theory]
    [FullData(15, true)]
    [InlineData(17, true)]
    [InlineData(15, false)]
    public void One_in_place_while_another_comes(int major, bool secondInPlace)
    {
        using var box = Slow(true, out var backup, out _, PostgresHost.Of(major));
        // It waits until the other has been refused.
        Hurry(box, fast: false, seconds: 10);
        RunResult? second = null;
        var first = RestoreMeanwhile(box, backup, Loading, () =>
        {
            box.MayCreateDatabases(!secondInPlace);
            using var other = new ModuleHost();
            second = other.Run($"Restore-ShoreGuardDatabase -BackupPath $args[1] {box.On} -Confirm:$false", box.Url, backup);
            Hurry(box, fast: true);
        });
        // The server of 17 is a deployment's, which has a lock; of the other one, its sessions tell.
        var (id, who) = major == 17 ? ("RollbackInProgress", "restore ") : ("DatabaseBusy", "ShoreGuard.Rollback (");
        Assert.Contains(who, second!.Error(id, ErrorCategory.ResourceBusy).ToString(), StringComparison.Ordinal);
        Assert.Equal("True", first.ThrowIfFailed().Single().Text("Succeeded"));
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
        Assert.Equal([box.Database], box.Databases(""));
    }

    // As the container's restart policy or an impatient operator does.
    [Theory]
    [InlineData(15)]
    [FullData(17)]
    public void An_application_starts_again_in_the_middle_of_one_in_place(int major)
    {
        using var box = Slow(true, out var backup, out _, PostgresHost.Of(major));
        string? seen = null;
        var run = RestoreMeanwhile(box, backup, Loading, () =>
        {
            using var session = box.OpenAsRole();
            // It waits for what is being replaced, and then finds all of it.
            using var command = new Npgsql.NpgsqlCommand("SELECT count(*) FROM public.gateways", session);
            seen = command.ExecuteScalar()!.ToString();
        });
        Assert.Equal("True", run.ThrowIfFailed().Single().Text("Succeeded"));
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
        Assert.Equal("40", seen);
    }

    private static RunResult[] Both(Func<RunResult> one, Func<RunResult> other)
    {
        var runs = new RunResult[2];
        Parallel.Invoke(() => runs[0] = one(), () => runs[1] = other());
        return runs;
    }
}
