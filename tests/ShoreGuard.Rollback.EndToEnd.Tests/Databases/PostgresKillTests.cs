using Npgsql;
using ShoreGuard.Rollback.Tests;
using static ShoreGuard.Rollback.EndToEnd.Tests.Databases.PostgresMoments;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Our process killed (SIGKILL) in the middle of a restore: under its name is the old database or the new one, whole, and the next call
/// restores.</summary>
public sealed class PostgresKillTests
{
    [Fact]
    public void Beside_the_old_database_as_a_step_begins() => KillAtEach(
        15, false,
        ("Create a new database beside the old one", Old), ("Restore the backup into the new database", Old), ("Prove the new database", Old),
        ("Carry over settings", Either), ("Exchange the names of the two databases", Either), ("Prove the database in its place", New));

    [Fact]
    public void Beside_the_old_database_in_the_middle_of_a_step() => KillAtMoments(15, false, Loading, Indexing, Analyzing);

    [Fact]
    public void In_place_as_a_step_begins() => KillAtEach(
        15, true,
        ("Check that the present database can be backed up", Old), ("Begin a transaction that keeps others from writing", Old),
        ("Back the present database up", Old),
        ("Drop what is there", Old), ("Load the backup", Old), ("Prove the restored database", Either), ("Commit", Either));

    [Fact]
    public void In_place_in_the_middle_of_a_step() => KillAtMoments(15, true, Dumping, Loading, Indexing, Analyzing);

    [Full]
    [Fact]
    public void Beside_the_old_database_in_a_container() => KillAtMoments(17, false, Loading, Analyzing);

    [Fact]
    public void In_place_in_a_container() => KillAtMoments(17, true, Loading, Analyzing);

    [Theory]
    [FullData(15)]
    [InlineData(17)]
    public void Before_the_first_and_between_the_two_renames(int major)
    {
        using var box = Slow(false, out var backup, out _, PostgresHost.Of(major));
        var wanted = Restored(box, backup);
        foreach (var first in (bool[])[true, false])
        {
            var before = Ready(box);
            var others = box.Databases("");
            NpgsqlConnection? hold = null;
            Killed(box, backup, process =>
            {
                // Well before the exchange, which is a matter of milliseconds.
                WaitFor(box, Indexing);
                hold = Hold(box, first ? box.Database : box.Databases("").Except(others).Single());
                WaitFor(box, Renaming);
                process.Kill();
            });
            // The server goes on with the statement it is at when it gets the lock; nobody tells it to commit.
            hold!.Dispose();
            WaitUntilAlone(box);
            Assert.Equal(before, box.Fingerprint());
            NextCallRestores(box, backup, wanted);
        }
    }

    private static readonly Action<string, string, string, string> Old = (what, found, before, _) =>
        Assert.True(found == before, $"{what}: not the old database");
    private static readonly Action<string, string, string, string> New = (what, found, _, wanted) =>
        Assert.True(found == wanted, $"{what}: not the new database");
    // Steps of milliseconds may be over, and the next ones too, before the signal arrives.
    private static readonly Action<string, string, string, string> Either = (what, found, before, wanted) =>
        Assert.True(found == before || found == wanted, $"{what}: neither the old nor the new database");

    private static void KillAtEach(int major, bool inPlace, params (string Step, Action<string, string, string, string> Expect)[] points)
    {
        using var box = Slow(inPlace, out var backup, out _, PostgresHost.Of(major));
        var wanted = Restored(box, backup);
        foreach (var (step, expect) in Sampling.Sixth(points, first: inPlace ? 3 : 1))
        {
            Change(box);
            var before = box.Fingerprint();
            KilledProcess.At(Command(box, backup), step, variables: box.Variables);
            WaitUntilAlone(box);
            expect(step, box.Fingerprint(), before, wanted);
            NextCallRestores(box, backup, wanted);
        }
    }

    private static void KillAtMoments(int major, bool inPlace, params string[] moments)
    {
        using var box = Slow(inPlace, out var backup, out _, PostgresHost.Of(major));
        var wanted = Restored(box, backup);
        foreach (var moment in Sampling.Third(moments))
        {
            if (moment == Dumping)
                Enlarge(box);
            var before = Ready(box);
            Killed(box, backup, process =>
            {
                WaitFor(box, moment);
                process.Kill();
            });
            Hurry(box, true);
            // What reads before the old one is unlocked waits, and then finds it.
            Old(moment, box.Fingerprint(), before, wanted);
            NextCallRestores(box, backup, wanted);
        }
    }

    private static string Restored(PostgresSandbox box, string backup)
    {
        Hurry(box, true);
        box.Restore(backup).ThrowIfFailed();
        return box.Fingerprint();
    }

    private static string Ready(PostgresSandbox box)
    {
        Change(box);
        Hurry(box, false, index: true);
        return box.Fingerprint();
    }

    // A tool that outlives us ends by itself when it notices; until then the database is in use, and a call says so.
    private static void NextCallRestores(PostgresSandbox box, string backup, string wanted)
    {
        Hurry(box, true);
        Assert.Equal("017", box.Run($"Get-ShoreGuardDatabase {box.On}").ThrowIfFailed().Single().Text("Revision"));
        for (var until = DateTime.UtcNow.AddSeconds(30); ;)
        {
            var run = box.Restore(backup);
            if (run.Errors.Count == 0)
                break;
            Assert.Contains("ShoreGuard.Rollback (", run.Error("DatabaseBusy", System.Management.Automation.ErrorCategory.ResourceBusy).ToString(),
                StringComparison.Ordinal);
            Assert.True(DateTime.UtcNow < until, $"{run.Errors[0]}");
        }
        Assert.Equal(wanted, box.Fingerprint());
    }

    private static string Command(PostgresSandbox box, string backup) =>
        $"Restore-ShoreGuardDatabase -BackupPath '{backup}' {box.OnElsewhere} -Confirm:$false -Verbose";

    private static void Killed(PostgresSandbox box, string backup, Action<KilledProcess> kill)
    {
        using var process = new KilledProcess(Command(box, backup), box.Variables);
        var missed = Record.Exception(() => kill(process));
        process.Kill();
        var said = process.WaitUntilKilled();
        Assert.True(missed is null, $"{missed?.Message}\n{string.Join('\n', said)}");
    }
}
